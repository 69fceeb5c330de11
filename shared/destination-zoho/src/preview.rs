use crate::{
    client::Connection,
    lookups::LookupResults,
    progress::{Hints, Progress, next_step},
    question::Question,
    read::{self, Snapshot},
    write,
};
use destination::{Failure, RequestPreview};
use mapping::Plan;

/// Returns the calls that a plan would become in an organisation that holds nothing of it yet.
/// Names in angle brackets stand in the place of ids.
pub(crate) fn preview(connection: &Connection, plan: &Plan) -> Vec<RequestPreview> {
    requests(connection, plan).unwrap_or_else(|failure| vec![refusal(connection, plan, &failure)])
}

fn requests(connection: &Connection, plan: &Plan) -> Result<Vec<RequestPreview>, Failure> {
    let mut plans = [Progress::new(plan, Hints::default())];
    let questions = plans
        .iter()
        .map(read::questions)
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    let known = Snapshot::nothing(LookupResults::placeholders(plan.lookups()));
    let mut requests: Vec<RequestPreview> =
        read_request(connection, &questions).into_iter().collect();
    while let Some(step) = next_step(&mut plans) {
        for items in write::requests(write::build(&mut plans, &known, &step)) {
            let (path, body) = write::request(&step.module, &items);
            requests.push(RequestPreview {
                method: "POST",
                path: connection.path(&path),
                body: Some(body),
                note: None,
            });
            for (place, position) in items.iter().flat_map(|item| &item.members) {
                if let (Some(progress), Some(record)) =
                    (plans.get_mut(*place), plan.records.get(*position))
                {
                    progress.written(*position, format!("<id of {}>", record.name));
                }
            }
        }
    }
    let [progress] = plans;
    match progress.failed() {
        Some(failure) => Err(failure),
        None => Ok(requests),
    }
}

fn read_request(connection: &Connection, questions: &[Question]) -> Option<RequestPreview> {
    let (path, body) = match questions {
        [] => return None,
        [question] => {
            let (_, path, body) = question.request(0);
            (path, body)
        }
        several => (
            "/__composite_requests".to_owned(),
            Some(connection.composite_body(several)),
        ),
    };
    let queries = questions.iter().filter_map(|question| match question {
        Question::Query(query) => Some(query.text(0)),
        Question::Record { .. } | Question::Deleted { .. } => None,
    });
    Some(RequestPreview {
        method: "POST",
        path: connection.path(&path),
        body,
        note: Some(format!(
            "asks, for all orders of a batch at once: {}",
            queries.collect::<Vec<_>>().join("; ")
        )),
    })
}

fn refusal(connection: &Connection, plan: &Plan, failure: &Failure) -> RequestPreview {
    let module = plan
        .records
        .first()
        .map(|record| record.object.as_str())
        .unwrap_or_default();
    RequestPreview {
        method: "POST",
        path: connection.path(&format!("/{module}/upsert")),
        body: None,
        note: Some(format!("would not be sent: {failure}")),
    }
}
