use sandbox::salesforce::*;
use serde_json::json;
use std::time::Instant;
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let sb = Salesforce::start(Options::default()).await.unwrap();
    let http = reqwest::Client::new();
    let t: serde_json::Value = serde_json::from_str(
        &http
            .post(format!("{}/services/oauth2/token", sb.url()))
            .form(&[
                ("grant_type", "client_credentials"),
                ("client_id", credentials::CLIENT_ID),
                ("client_secret", credentials::CLIENT_SECRET),
            ])
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
    )
    .unwrap();
    let tok = t["access_token"].as_str().unwrap().to_owned();
    let entry = sb.records("PricebookEntry")[0]["Id"].clone();
    let begun = Instant::now();
    for batch in 0..1000 {
        let graphs:Vec<_>=(0..10).map(|i|{let n=batch*10+i; let u=|p:&str|format!("/services/data/v65.0/sobjects/{p}");
   json!({"graphId":format!("g{n}"),"compositeRequest":[
    {"method":"PATCH","url":u(&format!("Account/WooCommerce_Customer_ID__c/{n}")),"referenceId":"a","body":{"Name":"A"}},
    {"method":"PATCH","url":u(&format!("Contact/WooCommerce_Customer_ID__c/{n}")),"referenceId":"c","body":{"LastName":"A","AccountId":"@{a.id}","Email":format!("c{n}@example.com")}},
    {"method":"POST","url":u("Opportunity"),"referenceId":"o","body":{"Name":"A","StageName":"Closed Won","CloseDate":"2026-01-01","WooCommerce_Order_ID__c":n.to_string(),"AccountId":"@{a.id}","ContactId":"@{c.id}"}},
    {"method":"POST","url":u("OpportunityLineItem"),"referenceId":"l","body":{"OpportunityId":"@{o.id}","PricebookEntryId":entry,"Quantity":1,"UnitPrice":5}},
    {"method":"POST","url":u("OpportunityLineItem"),"referenceId":"m","body":{"OpportunityId":"@{o.id}","PricebookEntryId":entry,"Quantity":1,"UnitPrice":5}}
   ]})}).collect();
        let r = http
            .post(format!("{}/services/data/v65.0/composite/graph", sb.url()))
            .bearer_auth(&tok)
            .json(&json!({"graphs":graphs}))
            .send()
            .await
            .unwrap();
        assert_eq!(r.status(), 200);
        let text = r.text().await.unwrap();
        assert!(!text.contains("isSuccessful\":false"));
        if batch % 250 == 249 {
            println!("{} orders {:?}", batch * 10 + 10, begun.elapsed());
            let ids: Vec<_> = (0..10).map(|i| format!("'{}'", batch * 10 + i)).collect();
            let q = format!(
                "SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity WHERE WooCommerce_Order_ID__c IN ({})",
                ids.join(",")
            );
            let b = Instant::now();
            let r = http
                .get(format!("{}/services/data/v65.0/query", sb.url()))
                .query(&[("q", &q)])
                .bearer_auth(&tok)
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap();
            println!("query {:?} {}", b.elapsed(), r.len());
        }
    }
}
