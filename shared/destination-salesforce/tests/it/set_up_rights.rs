//! The set-up of rights: permission sets, licences, and a user who may not set up.

use super::set_up::{KEY, bad, item, made, plans, sets_up};
use destination_salesforce::SalesforceSetup;
use sandbox::salesforce::{Administration, Options, Right};
use serde_json::json;
use setup::{Made, Remedy, Setup, State};
use support::both::Double;

use crate::support;

const EVERY: [(Right, &str); 4] = [
    (Right::ViewSetup, "View Setup and Configuration"),
    (Right::CustomizeApplication, "Customize Application"),
    (
        Right::ManagePermissionSets,
        "Manage Profiles and Permission Sets",
    ),
    (Right::AssignPermissionSets, "Assign Permission Sets"),
];

fn org(administration: Administration) -> Options {
    Options {
        administration,
        ..Options::default()
    }
}

#[tokio::test]
async fn each_right_that_the_maker_lacks_is_named_and_an_administrator_finishes() {
    for (right, name) in EVERY {
        let lacks = vec![right];
        let double = Double::sandbox(org(Administration {
            lacks,
            ..Administration::default()
        }))
        .await;
        let report = made(&double.setup(plans(""))).await;
        let told = serde_json::to_string(&report).unwrap();
        assert!(told.contains(name), "{name}: {report:#?}");
        assert!(
            told.contains("administrator's secret"),
            "the way out of {name}: {report:#?}"
        );
        assert!(!bad(&report.after).is_empty(), "{name}: {report:#?}");
        double.as_sandbox().unwrap().take_rights(&[]);
        sets_up(&double, plans("")).await;
    }
}

#[tokio::test]
async fn what_was_left_half_made_is_said_and_the_next_run_heals_it() {
    let lacks = vec![Right::ManagePermissionSets];
    let double = Double::sandbox(org(Administration {
        lacks,
        ..Administration::default()
    }))
    .await;
    let report = made(&double.setup(plans(""))).await;
    let (_, half) = report
        .made
        .iter()
        .find(|(item, _)| item.subject == KEY)
        .unwrap();
    let Made::Refused { why, .. } = half else {
        panic!("{half:?}");
    };
    assert!(why.contains("the field was made, and is hidden"), "{why}");
    let key = item(&report.after, KEY);
    assert!(
        key.state == State::Wrong && key.found.contains("exists, and is hidden"),
        "{key:?}"
    );
    double.as_sandbox().unwrap().take_rights(&[]);
    let healed = sets_up(&double, plans("")).await;
    let (key, _) = healed
        .made
        .iter()
        .find(|(item, _)| item.subject == KEY)
        .unwrap();
    assert!(matches!(&key.remedy, Remedy::Api(text) if text.contains("read and edit access")));
}

#[tokio::test]
async fn a_run_that_ended_before_the_assignment_is_finished() {
    for double in Double::both(Options::default(), json!({})).await {
        let set = json!({"Name": "orderbridge", "Label": "orderbridge"});
        double.by_hand("PermissionSet", set).await;
        let report = sets_up(&double, plans("")).await;
        let subjects = report.made.iter().map(|(item, _)| item.subject.as_str());
        assert!(
            !subjects
                .clone()
                .any(|subject| subject.starts_with("permission set")),
            "{} {report:#?}",
            double.name()
        );
        assert!(
            subjects
                .clone()
                .any(|subject| subject == "assignment of orderbridge")
        );
    }
}

#[tokio::test]
async fn a_user_of_the_integration_licence_gets_the_permission_set_licence_first() {
    let options = org(Administration {
        has_integration_licence: true,
        closed_objects: vec!["Account".to_owned(), "Opportunity".to_owned()],
        ..Administration::default()
    });
    let config = json!({"integration_license": true});
    for double in Double::both(options, config).await {
        // What makes the licence matter: the set has rights to an object.
        let set = json!({"Name": "orderbridge", "Label": "orderbridge"});
        let set = double.by_hand("PermissionSet", set).await;
        let right = json!({"ParentId": set, "SobjectType": "Contact", "PermissionsRead": true, "PermissionsCreate": true, "PermissionsEdit": true});
        double.by_hand("ObjectPermissions", right).await;
        let report = sets_up(&double, plans("")).await;
        assert_eq!(
            double.records("PermissionSetLicenseAssign").await.len(),
            1,
            "{}",
            double.name()
        );
        if double.as_sandbox().is_some() {
            let account = report
                .made
                .iter()
                .find(|(item, _)| item.subject == "Account");
            let (account, made) = account.unwrap();
            assert!(account.found.contains("may not create"), "{account:?}");
            assert_eq!(*made, Made::Done);
        }
    }
}

#[tokio::test]
async fn a_right_for_a_set_that_is_assigned_already_gets_the_licence_first_too() {
    let double = Double::sandbox(org(Administration {
        has_integration_licence: true,
        ..Administration::default()
    }))
    .await;
    sets_up(&double, plans("")).await;
    assert!(
        double
            .records("PermissionSetLicenseAssign")
            .await
            .is_empty()
    );
    double.as_sandbox().unwrap().close_objects(&["Account"]);
    let report = made(&double.setup(plans(""))).await;
    assert!(bad(&report.after).is_empty(), "{report:#?}");
    assert_eq!(double.records("PermissionSetLicenseAssign").await.len(), 1);
}

#[tokio::test]
async fn an_administrator_makes_and_the_integration_user_is_who_it_is_proved_with() {
    let double = Double::sandbox(Options::default()).await;
    let (own, maker) = (double.another_worker(), double.another_worker());
    let setup = SalesforceSetup::new(own, Some(maker), plans(""));
    let report = made(&setup).await;
    assert!(bad(&report.after).is_empty(), "{report:#?}");
    let good = |subject: &str| item(&report.after, subject).state == State::Good;
    assert!(good("log-in") && good("administrator's log-in"));
}

#[tokio::test]
async fn a_plan_from_elsewhere_can_be_made() {
    let double = Double::sandbox(Options::default()).await;
    let plan = double.setup(plans("")).plan().await;
    let another = double.setup(plans(""));
    assert_eq!(another.make(item(&plan, KEY)).await, Made::Done);
    assert_eq!(another.make(item(&plan, KEY)).await, Made::WasThere);
}
