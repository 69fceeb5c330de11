use super::*;
use std::sync::Mutex;

/// A side that needs a field, and once the field is there, a right for it.
#[derive(Default)]
struct Org {
    has: Mutex<Vec<String>>,
    refuses: bool,
}

#[async_trait]
impl Setup for Org {
    async fn plan(&self) -> Vec<Item> {
        let has = self.has.lock().unwrap();
        let item = |subject: &str| match has.iter().any(|had| had == subject) {
            true => Item::good(subject, "it is there"),
            false => Item {
                subject: subject.to_owned(),
                state: State::Missing,
                found: "it is not there".to_owned(),
                remedy: Remedy::Api("create it".to_owned()),
            },
        };
        let field = item("field");
        match field.state {
            State::Good => vec![field, item("right")],
            _ => vec![field],
        }
    }

    async fn make(&self, item: &Item) -> Made {
        if self.refuses {
            let (why, steps) = ("no".to_owned(), Vec::new());
            return Made::Refused { why, steps };
        }
        self.has.lock().unwrap().push(item.subject.clone());
        Made::Done
    }
}

#[tokio::test]
async fn what_is_made_can_uncover_what_is_missing_and_all_of_it_is_read_back() {
    let org = Org::default();
    let mut heard = Vec::new();
    let report = make(&org, |item, _| heard.push(item.subject.clone())).await;
    assert_eq!(heard, ["field", "right"]);
    assert!(report.after.iter().all(|item| !item.is_bad()), "{report:?}");
    let again = make(&org, |_, _| panic!("nothing is left to make")).await;
    assert_eq!((again.made.len(), again.after), (0, report.after));
}

#[tokio::test]
async fn what_is_refused_is_tried_once_and_stays_in_the_plan() {
    let org = Org {
        refuses: true,
        ..Org::default()
    };
    let report = make(&org, |_, _| ()).await;
    assert_eq!(report.made.len(), 1, "tried once: {report:?}");
    assert!(report.after.iter().any(Item::is_bad));
}

#[test]
fn an_item_is_a_line_with_what_to_do() {
    let item = |remedy| Item::open("Deals.Shop_ID", State::Missing, "it is not there", remedy);
    let steps = ["open it".to_owned(), "save it".to_owned()];
    for (remedy, line) in [
        (Remedy::Nothing, "Deals.Shop_ID: it is not there"),
        (
            Remedy::Api("create it".to_owned()),
            "Deals.Shop_ID: it is not there: create it",
        ),
        (
            Remedy::ByHand(steps.into()),
            "Deals.Shop_ID: it is not there: open it; save it",
        ),
    ] {
        assert_eq!(item(remedy).to_string(), line);
    }
}

#[test]
fn what_is_open_is_counted_by_who_can_mend_it() {
    let item = |state, remedy| Item::open("field", state, "it is not there", remedy);
    let (api, hand) = (
        Remedy::Api("create it".to_owned()),
        Remedy::ByHand(Vec::new()),
    );
    let items = [
        Item::good("field", "it is there"),
        item(State::Missing, api),
        item(State::Wrong, hand.clone()),
        item(State::Unknown, Remedy::Nothing),
        item(State::Advice, hand),
    ];
    let open = Open::of(&items);
    assert_eq!((open.to_make, open.by_hand, open.advice), (1, 2, 1));
}
