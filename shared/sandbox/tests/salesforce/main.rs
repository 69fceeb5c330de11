//! The sandbox org over HTTP, rule by rule.

mod auth;
mod client;
mod composite;
mod faults;
mod graph;
mod lines;
mod query;
mod rows;
mod strict_simulator;
