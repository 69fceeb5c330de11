//! The examples of the page of mappings ("What many organisations add"), each delivered: over the
//! sandbox, and over the strict simulator where it is present and has what they need.

use destination::{Destination, Outcome};
use order::{Discount, Order};
use sandbox::salesforce::{CustomField, Options};
use serde_json::{Value, json};
use strict_simulator::shop::mapping;
use support::{
    WithoutDeadline,
    both::{Double, example, order},
};

use crate::support;

/// Delivers the orders with the example of that name, over both doubles.
async fn with(name: &str, options: Options, config: Value) -> (Vec<Double>, String) {
    (Double::both(options, config).await, example(name))
}

fn of_company(number: u32, name: &str, email: &str) -> Order {
    let mut order = order(number);
    order.customer.key = format!("7{number}");
    order.customer.id = Some(format!("7{number}"));
    order.customer.company = name.to_owned();
    order.customer.email = email.to_owned();
    order
}

fn of_nobody(number: u32) -> Order {
    let mut order = order(number);
    order.customer.company = String::new();
    order
}

#[tokio::test]
async fn record_types_owners_and_campaigns_are_looked_up_or_given_by_id() {
    let org = Double::sandbox(Options::default()).await;
    let kind = async |object: &str, name: &str| {
        let fields =
            json!({"Name": name, "DeveloperName": name, "SobjectType": object, "IsActive": true});
        org.by_hand("RecordType", fields).await
    };
    let (private, business, opportunity) = (
        kind("Account", "Private").await,
        kind("Account", "Business").await,
        kind("Opportunity", "Shop").await,
    );
    let user = org
        .by_hand(
            "User",
            json!({"Name": "Shop", "Username": "shop@example.com", "IsActive": true}),
        )
        .await;
    let campaign = org.by_hand("Campaign", json!({"Name": "SPRING"})).await;
    let overrides = [
        example("record type"),
        example("owner"),
        example("campaign"),
    ]
    .map(|text| {
        let text = text
            .replace("012000000000001AAA", &opportunity)
            .replace("005000000000001AAA", &user);
        mapping("woocommerce-salesforce", &text)
    });
    let mut order = of_nobody(1);
    order.discounts = vec![Discount {
        code: "SPRING".to_owned(),
        ..Discount::default()
    }];
    for (number, mapping) in (1_u32..).zip(&overrides) {
        order.id = number.to_string();
        order.customer.key = format!("c{number}");
        order.customer.email = format!("c{number}@example.com");
        org.deliver(&mapping.plan(&order).unwrap()).await;
    }
    org.deliver(
        &overrides[0]
            .plan(&of_company(9, "Acme", "a@acme.example"))
            .unwrap(),
    )
    .await;
    let (accounts, opportunities) = (
        org.records("Account").await,
        org.records("Opportunity").await,
    );
    assert_eq!(
        (&accounts[0]["RecordTypeId"], &accounts[3]["RecordTypeId"]),
        (&json!(private), &json!(business))
    );
    assert_eq!(opportunities[0]["RecordTypeId"], json!(opportunity));
    assert_eq!(
        (&accounts[1]["OwnerId"], &opportunities[1]["OwnerId"]),
        (&json!(user), &json!(user))
    );
    assert_eq!(opportunities[2]["CampaignId"], json!(campaign));
}

#[tokio::test]
async fn a_private_person_is_a_person_account_and_a_company_has_a_contact() {
    for default in ["person", "business"] {
        let Some(org) = Double::strict(json!({ "person_accounts": default })).await else {
            return;
        };
        let mapping = mapping("woocommerce-salesforce", &example("person accounts"));
        for number in [1, 2] {
            org.deliver(&mapping.plan(&of_nobody(number)).unwrap())
                .await;
        }
        assert_eq!(
            org.salesforce.calls().total(),
            5,
            "two calls each, and the log-in: no contact is asked for"
        );
        org.deliver(
            &mapping
                .plan(&of_company(3, "Acme", "ann@acme.example"))
                .unwrap(),
        )
        .await;
        let accounts = org.records("Account").await;
        assert_eq!(accounts.len(), 2);
        let person = Order::example().customer;
        assert_eq!(accounts[0]["IsPersonAccount"], true);
        assert_eq!(
            (&accounts[0]["LastName"], &accounts[0]["PersonEmail"]),
            (&json!(person.last_name), &json!(person.email))
        );
        assert_eq!(
            (&accounts[1]["IsPersonAccount"], &accounts[1]["Name"]),
            (&json!(false), &json!("Acme"))
        );
        // The person's contact is Salesforce's own.
        assert_eq!(org.records("Contact").await.len(), 2, "{default}");
        assert_eq!(org.records("Opportunity").await.len(), 3);
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_contact_role_has_its_name_once_and_stays_as_the_staff_made_it() {
    let options = Options {
        custom_fields: vec![CustomField::external_id(
            "OpportunityContactRole",
            "Role_Key__c",
        )],
        ..Options::default()
    };
    let key = json!({"type": "Text", "length": 255, "externalId": true, "unique": true});
    let config = json!({"custom_fields": {"OpportunityContactRole": {"Role_Key__c": key}}});
    let (orgs, example) = with("contact role", options, config).await;
    for org in orgs {
        let mapping = mapping("woocommerce-salesforce", &example);
        for _ in 0..2 {
            org.deliver(&mapping.plan(&order(1)).unwrap()).await;
        }
        let roles = org.records("OpportunityContactRole").await;
        assert_eq!(roles.len(), 1, "{}", org.name());
        assert_eq!(
            (&roles[0]["Role"], &roles[0]["IsPrimary"]),
            (&json!("Decision Maker"), &json!(true))
        );
        assert_eq!(roles[0]["ContactId"], org.records("Contact").await[0]["Id"]);
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_duplicate_rule_that_warns_is_obeyed_where_that_is_asked_for() {
    let rule =
        json!([{"object": "Contact", "fields": ["LastName"], "action": "alert", "name": "Names"}]);
    let config = json!({"duplicate_rules": rule, "duplicate_header_reaches_graph_nodes": true});
    let Some(org) = Double::strict(config).await else {
        return;
    };
    org.by_hand(
        "Contact",
        json!({"LastName": Order::example().customer.last_name}),
    )
    .await;
    let obeying = mapping("woocommerce-salesforce", &example("duplicate rules"))
        .plan(&order(1))
        .unwrap();
    let usual = mapping("woocommerce-salesforce", "")
        .plan(&of_company(2, "", "two@example.com"))
        .unwrap();
    // Both are in one batch: each goes with its own header.
    let outcomes = org.salesforce.deliver_all(&[obeying, usual]).await;
    let Outcome::Rejected(failure) = &outcomes[0] else {
        panic!("{:?}", outcomes[0])
    };
    assert_eq!(failure.code.as_deref(), Some("DUPLICATES_DETECTED"));
    support::records(&outcomes[1]);
    org.assert_no_violations().await;
}

#[tokio::test]
async fn an_assignment_rule_goes_along_with_leads() {
    let org = Double::sandbox(Options::default()).await;
    let plan = mapping("magento-salesforce", &example("assignment rule"))
        .plan(&order(1))
        .unwrap();
    let notes: Vec<String> = org
        .salesforce
        .preview(&plan)
        .into_iter()
        .filter_map(|request| request.note)
        .collect();
    assert!(
        notes
            .iter()
            .any(|note| note == "with the header Sforce-Auto-Assign: TRUE"),
        "{notes:?}"
    );
    org.deliver(&plan).await;
    assert_eq!(org.records("Lead").await.len(), 1);
}

#[tokio::test]
async fn an_option_that_salesforce_does_not_take_is_refused_by_name() {
    let org = Double::sandbox(Options::default()).await;
    let mut plan = mapping("woocommerce-salesforce", "")
        .plan(&order(1))
        .unwrap();
    let value = mapping::plan::Value::Literal(mapping::plan::Scalar::Text("x\r\ny".to_owned()));
    for name in ["Authorization", "Sforce-Auto-Assign"] {
        plan.records[0].options = [(name.to_owned(), value.clone())].into_iter().collect();
        let outcome = org
            .salesforce
            .deliver_all(std::slice::from_ref(&plan))
            .await
            .remove(0);
        let Outcome::Rejected(failure) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(
            failure.message.contains(&format!("the option `{name}`")),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn the_account_has_the_shipping_address_too() {
    let (orgs, example) = with("shipping address", Options::default(), json!({})).await;
    for org in orgs {
        for (name, key) in [("woocommerce-salesforce", "a"), ("shopify-salesforce", "b")] {
            let mut order = order(1);
            order.customer.key = key.to_owned();
            order.customer.email = format!("{key}@example.com");
            order.shipping = order::Address {
                street: "2 Dock Rd".to_owned(),
                city: "Hamburg".to_owned(),
                country: "DE".to_owned(),
                ..order::Address::default()
            };
            org.deliver(&mapping(name, &example).plan(&order).unwrap())
                .await;
            let account = org.records("Account").await.pop().unwrap();
            assert_eq!(
                (&account["ShippingStreet"], &account["ShippingCity"]),
                (&json!("2 Dock Rd"), &json!("Hamburg")),
                "{name}"
            );
        }
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn customers_of_a_company_belong_to_its_account_by_name_or_by_domain() {
    let options = Options {
        custom_fields: vec![CustomField::text("Account", "Domain__c", 255)],
        ..Options::default()
    };
    let config =
        json!({"custom_fields": {"Account": {"Domain__c": {"type": "Text", "length": 255}}}});
    let (orgs, example) = with("companies", options, config).await;
    for org in orgs {
        for name in ["woocommerce-salesforce", "shopify-salesforce"] {
            let mapping = mapping(name, &example);
            let company = format!("Acme {name}");
            let domain = format!("{name}.example");
            let known = org
                .by_hand(
                    "Account",
                    json!({"Name": company, "BillingCity": "Known", "Domain__c": domain}),
                )
                .await;
            // By the name; by the domain with another name; and a private person of a mail
            // provider.
            for (number, company, email) in [
                (1, company.as_str(), format!("ann.{name}@gmail.com")),
                (2, "ACME Ltd", format!("bob@{domain}")),
                (3, "", format!("cleo.{name}@gmail.com")),
            ] {
                let order = of_company(number, company, &email);
                let ids = org.deliver(&mapping.plan(&order).unwrap()).await;
                assert_eq!(
                    ids["account"] == known,
                    number != 3,
                    "{} {name} {number}",
                    org.name()
                );
            }
            let accounts = org.records("Account").await;
            let account = accounts
                .iter()
                .find(|account| account["Id"] == json!(known))
                .unwrap();
            assert_eq!(
                (&account["Name"], &account["BillingCity"]),
                (&json!(company), &json!("Known"))
            );
        }
        assert_eq!(org.records("Contact").await.len(), 6);
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn check_warns_of_what_would_refuse_every_order() {
    let problems = async |config: Value, vars: &str| {
        let org = Double::strict(config).await?;
        let plan = mapping("woocommerce-salesforce", vars)
            .plan(&of_nobody(1))
            .unwrap();
        let findings = org.salesforce.check_all(&plan).await;
        org.assert_no_violations().await;
        let told = findings
            .into_iter()
            .filter(|finding| !finding.ok || finding.text.contains("set "));
        Some(
            told.map(|finding| (finding.ok, finding.text))
                .collect::<Vec<_>>(),
        )
    };
    let Some(found) = problems(json!({}), "").await else {
        return;
    };
    assert!(found.is_empty(), "{found:#?}");
    let twice = json!({"extra_products": [{"code": "101", "name": "Another", "price": 1}]});
    for (config, vars, ok, text) in [
        (
            json!({"state_country_picklists": true}),
            "",
            true,
            "set address_codes = true",
        ),
        (
            json!({"multi_currency": true}),
            "",
            true,
            "set multi_currency = true",
        ),
        (
            json!({"person_accounts": "person"}),
            "",
            false,
            "set person_accounts = true",
        ),
        (
            json!({"person_accounts": "business"}),
            "vars.person_accounts = true",
            false,
            "business accounts by default",
        ),
        (twice.clone(), "", false, "share the code 101"),
    ] {
        let found = problems(config.clone(), vars).await.unwrap();
        assert!(
            found
                .iter()
                .any(|(is_ok, told)| *is_ok == ok && told.contains(text)),
            "{config} {found:#?}"
        );
        assert!(
            found
                .iter()
                .all(|(is_ok, told)| *is_ok || told.contains(text)),
            "{config} {found:#?}"
        );
    }
    for (config, vars) in [
        (
            json!({"state_country_picklists": true}),
            "vars.address_codes = true",
        ),
        (twice, "vars.several_products = 'oldest'"),
    ] {
        let found = problems(config, vars).await.unwrap();
        assert!(found.is_empty(), "{vars} {found:#?}");
    }
}
