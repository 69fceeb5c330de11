//! Leads that somebody in the org has converted, over the sandbox and over the strict simulator
//! where it is present. A converted lead refuses every write ("cannot reference converted lead",
//! `CANNOT_UPDATE_CONVERTED_LEAD`, SOAP API Developer Guide, "StatusCode"; mautic#6560,
//! grouparoo#1043, simple-salesforce#341), and names what it became in `ConvertedOpportunityId`,
//! `ConvertedContactId` and `ConvertedAccountId` ("Lead", Object Reference).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use destination::Outcome;
use mapping::{Mapping, Overrides, Plan};
use sandbox::salesforce::Options;
use serde_json::json;
use strict_simulator::shop::mapping;
use support::{
    WithoutDeadline,
    both::{Double, order},
};

use crate::support;

fn plan(number: u32, city: &str) -> Plan {
    let mut order = order(number);
    city.clone_into(&mut order.billing.city);
    mapping("magento-salesforce", "vars.object = \"Lead\"")
        .plan(&order)
        .unwrap()
}

/// Creates the doubles, whose leads get a field for the order's number: the simulator's have none
/// by themselves.
async fn orgs() -> Vec<Double> {
    let key = json!({"type": "Text", "length": 255, "externalId": true, "unique": true, "caseSensitive": false});
    let config = json!({"custom_fields": {"Lead": {"Magento_Order_ID__c": key}}});
    Double::both(Options::default(), config).await
}

async fn deliver(org: &Double, plan: &Plan) -> Outcome {
    org.another_worker()
        .deliver_all(std::slice::from_ref(plan))
        .await
        .pop()
        .unwrap()
}

#[tokio::test]
async fn an_order_whose_lead_was_converted_is_what_the_lead_became() {
    for org in orgs().await {
        let name = org.name();
        let lead = org
            .deliver(&plan(1, "Berlin"))
            .await
            .remove("lead")
            .unwrap();
        // The simulator's people make no opportunity of a lead, the sandbox's do.
        let became = org.convert(&lead).await;
        let outcome = deliver(&org, &plan(1, "Hamburg")).await;
        let Outcome::Delivered { records, warnings } = &outcome else {
            panic!("{name}: {outcome:?}");
        };
        assert_eq!(
            (records[0].name.as_str(), &records[0].id),
            ("lead", became.last().unwrap()),
            "{name}"
        );
        let warning = warnings
            .iter()
            .find(|warning| warning.contains("was converted to"))
            .unwrap();
        assert!(
            warning.contains(&lead) && warning.contains(became.last().unwrap()),
            "{warning}"
        );
        let leads = org.records("Lead").await;
        assert_eq!(
            (leads.len(), &leads[0]["City"]),
            (1, &json!("Berlin")),
            "{name}: no second lead, and the first as it was"
        );

        // Another order is another lead.
        assert_eq!(org.deliver(&plan(2, "Berlin")).await.len(), 1, "{name}");
        assert_eq!(org.records("Lead").await.len(), 2, "{name}");
        org.assert_no_violations().await;
    }
}

#[tokio::test]
async fn a_lead_that_is_found_by_its_e_mail_only_counts_as_long_as_it_is_one() {
    let text = r#"
system = "salesforce"
[[record]]
name = "lead"
object = "Lead"
key = "Magento_Order_ID__c"
find = [{ field = "Email", value = "{{ customer.email }}" }]
[record.fields]
Magento_Order_ID__c = "{{ order.id }}"
LastName = "{{ customer.last_name }}"
Company = "{{ customer.name }}"
Email = "{{ customer.email }}"
"#;
    let mapping = Mapping::parse("leads", text, &Overrides::default()).unwrap();
    for org in orgs().await {
        let email = order(1).customer.email;
        let by_hand = org
            .by_hand(
                "Lead",
                json!({"LastName": "Doe", "Company": "Doe", "Email": email}),
            )
            .await;
        org.convert(&by_hand).await;
        let made = org.deliver(&mapping.plan(&order(1)).unwrap()).await;
        assert_ne!(made["lead"], by_hand, "{}", org.name());
        let leads = org.records("Lead").await;
        assert_eq!(leads.len(), 2, "{}", org.name());
    }
}
