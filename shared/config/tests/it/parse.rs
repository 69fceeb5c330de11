//! Configurations, whole and broken, and all problems that are reported about them.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may panic as the tests do"
)]

use config::{Config, Delivery, Problem, SystemSettings};
use proptest::prelude::*;
use std::{fs, path::Path};

fn parse(folder: &str, name: &str) -> Result<Config, Vec<Problem>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join(name);
    Config::parse(Path::new(name), &fs::read_to_string(path).unwrap())
}

fn lines(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect()
}

#[test]
fn every_mistake_of_a_file_is_reported_at_once() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 13, "{names:?}");
    for name in names {
        let problems = parse("tests/broken", &name).expect_err(&name);
        assert!(
            problems
                .iter()
                .all(|problem| problem.is_error() && problem.line.is_some()),
            "{problems:?}"
        );
        insta::assert_snapshot!(name.trim_end_matches(".toml"), lines(&problems));
    }
}

#[test]
fn a_whole_file_becomes_types_with_every_default_filled_in() {
    let config = parse("tests", "whole.toml").unwrap();
    insta::assert_debug_snapshot!(config);
}

/// A double of a service runs on this machine, and versions are written in one way.
#[test]
fn what_suits_a_system_is_taken_as_it_is_to_be_used() {
    let text = r#"
        stores.acme = { platform = "woocommerce", secret = "acme" }
        [destinations]
        crm = { system = "zoho", secret = "crm", api_version = "v4" }
        [destinations.sales]
        system = "salesforce"
        secret = "sales"
        auth = "jwt_bearer"
        login_url = "http://x.localhost:8080/"
        api_version = "v050.0"
        [[routes]]
        name = "acme-sales"
        store = "acme"
        destination = "sales"
        mapping = "woocommerce-salesforce"
    "#;
    let config = Config::parse(Path::new("orderbridge.toml"), text).unwrap();
    let settings = |name: &str| config.destination(name).unwrap().settings.clone();
    let SystemSettings::Salesforce(sales) = settings("sales") else {
        panic!("{config:?}")
    };
    let SystemSettings::Zoho(crm) = settings("crm") else {
        panic!("{config:?}")
    };
    assert_eq!(sales.login_url, "http://x.localhost:8080");
    assert_eq!((&*sales.api_version, &*crm.api_version), ("v50.0", "v4"));
}

#[test]
fn parts_are_found_by_name() {
    let config = parse("tests", "whole.toml").unwrap();
    assert_eq!(config.store("acme").unwrap().name, "acme");
    assert_eq!(config.destination("crm").unwrap().name, "crm");
    assert_eq!(config.route("acme-crm").unwrap().mapping, "own/zoho.toml");
    assert!(
        config.store("crm").is_none()
            && config.destination("acme").is_none()
            && config.route("acme").is_none()
    );
    let routes: Vec<_> = config
        .routes_of("acme")
        .map(|route| route.name.as_str())
        .collect();
    assert_eq!(routes, ["acme-sales", "acme-crm", "acme-erp"]);
    assert_eq!(config.routes_of("second").count(), 0);
}

#[test]
fn the_example_is_correct_and_shows_the_defaults() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/orderbridge.toml");
    let config = Config::load(&file).unwrap();
    assert_eq!(config.warnings, []);
    assert_eq!(config.delivery, Delivery::default());
    assert_eq!(config.server, config::Server::default());
    assert_eq!(config.base, file.parent().unwrap());
    assert_eq!(
        config.default_secrets_file(),
        file.parent().unwrap().join("secrets.toml")
    );
}

#[test]
fn what_the_example_comments_out_is_correct_too() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/orderbridge.toml");
    let text = fs::read_to_string(&file).unwrap();
    let is_toml = |line: &str| {
        line.starts_with("# [")
            || (line.starts_with("# ") && line.split_whitespace().nth(2) == Some("="))
    };
    let uncommented: String = text
        .lines()
        .map(|line| format!("{}\n", if is_toml(line) { &line[2..] } else { line }))
        .collect();
    let config = Config::parse(&file, &uncommented).unwrap();
    let route = config.route("acme-sales").unwrap();
    assert_eq!(route.vars["missing_product"].as_str(), Some("reject"));
    assert_eq!(
        route.vars["stages"]["cancelled"].as_str(),
        Some("Closed Lost")
    );
    assert_eq!(route.set["opportunity"]["LeadSource"].as_str(), Some("Web"));
}

/// Saving in NetSuite runs the account's scripts. A value of the file takes precedence, wherever it
/// is set.
#[test]
fn a_call_to_netsuite_may_take_longer_unless_the_file_says_otherwise() {
    let whole = include_str!("../whole.toml");
    let timeouts = |text: &str| {
        let config = Config::parse(Path::new("a.toml"), text).unwrap();
        ["sales", "crm", "erp", "idle"].map(|name| {
            config
                .destination(name)
                .unwrap()
                .delivery
                .request_timeout
                .as_secs()
        })
    };
    assert_eq!(timeouts(whole), [30, 30, 120, 120]);
    let of_erp = |line: &str| format!("{whole}[destinations.erp.delivery]\n{line}\n");
    assert_eq!(
        timeouts(&of_erp("request_timeout = \"90s\"")),
        [30, 30, 90, 120]
    );
    assert_eq!(timeouts(&of_erp("batch = 5")), [30, 30, 120, 120]);
    let for_all = whole.replacen("[delivery]\n", "[delivery]\nrequest_timeout = \"45s\"\n", 1);
    assert_eq!(timeouts(&for_all), [45, 45, 45, 45]);
}

#[test]
fn a_language_is_a_code_that_a_header_may_hold() {
    let parse = |language: &str| {
        let text = include_str!("../whole.toml").replacen("zh_CN", language, 1);
        Config::parse(Path::new("a.toml"), &text).map_err(|problems| lines(&problems))
    };
    for good in ["pt", "zh-CN", "es-419", "en_US"] {
        parse(good).unwrap();
    }
    for bad in ["Portuguese", "p", "pt, en", "pt-", "1a", "pt\\r\\nX: 1"] {
        let text = parse(bad).unwrap_err();
        assert!(
            text.starts_with("a.toml:36: `language = ")
                && text.contains("is no code of a language"),
            "{text}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_says_which_and_what_to_do() {
    let problems = Config::load(Path::new("no/such/orderbridge.toml")).unwrap_err();
    let text = lines(&problems);
    assert!(
        text.starts_with("no/such/orderbridge.toml: the configuration cannot be read: ")
            && text.contains("--config"),
        "{text}"
    );
}

#[test]
fn very_deep_values_are_refused_and_do_not_overflow_the_stack() {
    let whole =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/whole.toml")).unwrap();
    let deep = [
        format!("x = {}1{}", "[".repeat(50_000), "]".repeat(50_000)),
        format!("{}x = 1", "a.".repeat(50_000)),
    ];
    for value in deep {
        let text = whole.replace("pricebook_id = \"01sFAKE00000001AAA\"", &value);
        assert!(Config::parse(Path::new("deep.toml"), &text).is_err());
    }
}

proptest! {
    #[test]
    fn no_text_at_all_makes_it_panic(text in any::<String>()) {
        let _ = Config::parse(Path::new("any.toml"), &text);
    }

    /// Replacing a piece of a good file gets further than noise does.
    #[test]
    fn no_damage_to_a_good_file_makes_it_panic(from in 0_usize..1400, length in 0_usize..60, piece in "[\\[\\]{}\"'=.,#\n a-z0-9é-]{0,12}") {
        let whole = include_str!("../whole.toml");
        let text: String = whole.chars().take(from).chain(piece.chars()).chain(whole.chars().skip(from + length)).collect();
        if let Err(problems) = Config::parse(Path::new("damaged.toml"), &text) {
            prop_assert!(!problems.is_empty());
            let last = text.matches('\n').count() + 1;
            prop_assert!(problems.iter().all(|problem| problem.line.is_none_or(|line| (1..=last).contains(&line))));
        }
    }
}

#[test]
fn topics_that_no_sender_tells_by_itself_are_warned_of() {
    let text = |platform: &str, topics: &str| {
        format!(
            "[stores.a]\nplatform = \"{platform}\"\nsecret = \"a\"\n[destinations.d]\nsystem = \"zoho\"\nsecret = \"d\"\n\
             [[routes]]\nname = \"r\"\nstore = \"a\"\ndestination = \"d\"\nmapping = \"m\"\ntopics = [{topics}]\n"
        )
    };
    let warnings = |platform, topics| {
        Config::parse(Path::new("a.toml"), &text(platform, topics))
            .unwrap()
            .warnings
    };
    let [warning] = &warnings(
        "magento",
        "\"sales_order_save_after\", \"sales.order.created\", \"sales.order.paid\"",
    )[..] else {
        panic!("one warning")
    };
    assert_eq!(warning.line, Some(12));
    for part in [
        "`sales.order.created`",
        "`sales.order.paid`",
        "?topic=sales.order.created",
        "whatever `topics` lists",
    ] {
        assert!(warning.message.contains(part), "{}", warning.message);
    }
    assert_eq!(warnings("magento", "\"sales_order_save_after\""), []);
    assert_eq!(warnings("woocommerce", "\"order.created\""), []);
}
