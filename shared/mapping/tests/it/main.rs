//! Tests of the crate from outside, in one binary, because linking is what takes time.

mod bounds;
mod builtins;
mod conservation;
mod corpus;
mod extends;
mod grammar;
mod lets;
mod magento_netsuite;
mod magento_salesforce;
mod magento_zoho;
mod nested;
mod odd_orders;
mod payloads;
mod planning;
mod properties;
mod shopify_netsuite;
mod shopify_salesforce;
mod shopify_zoho;
mod support;
mod together;
mod wave1;
mod woocommerce_netsuite;
mod woocommerce_salesforce;
mod woocommerce_zoho;
