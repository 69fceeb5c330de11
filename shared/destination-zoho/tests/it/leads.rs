//! Leads that somebody in the organisation has converted, over the sandbox and over the strict
//! simulator where it is present: every write to one is refused (`CONVERTED_RECORD`, "Update
//! Records", Zoho CRM API v8).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use destination::Outcome;
use mapping::{Mapping, Overrides, Plan};
use sandbox::zoho::Options;
use serde_json::json;
use support::{
    WithoutDeadline,
    both::{Double, order},
};

use crate::support;

fn plan(city: &str) -> Plan {
    let text = r#"
system = "zoho"
[[record]]
name = "lead"
object = "Leads"
key = "Email"
[record.fields]
Email = "{{ customer.email }}"
Last_Name = "{{ customer.last_name }}"
City = "{{ billing.city }}"
Lead_Source = { value = "Online Store", on = "create" }
"#;
    let mut order = order(1);
    city.clone_into(&mut order.billing.city);
    Mapping::parse("leads", text, &Overrides::default())
        .unwrap()
        .plan(&order)
        .unwrap()
}

#[tokio::test]
async fn a_converted_lead_is_left_alone_with_a_warning_and_no_second_one_is_made() {
    for org in Double::both(Options::default(), json!({})).await {
        let name = org.name();
        let lead = org.deliver(&plan("Berlin")).await.remove("lead").unwrap();
        org.convert(&lead).await;
        let outcome = org
            .zoho
            .deliver_all(&[plan("Hamburg")])
            .await
            .pop()
            .unwrap();
        let Outcome::Delivered { records, warnings } = &outcome else {
            panic!("{name}: {outcome:?}");
        };
        assert_eq!(records[0].id, lead, "{name}");
        assert!(
            warnings
                .iter()
                .any(|warning| warning.contains("was converted in Zoho")),
            "{name}: {warnings:?}"
        );
        let leads = org.records("Leads").await;
        assert_eq!(
            (leads.len(), &leads[0]["City"]),
            (1, &json!("Berlin")),
            "{name}"
        );
    }
}
