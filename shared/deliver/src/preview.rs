use destination::{Destination, RequestPreview};
use mapping::{Mapping, NoPlan, PlanError, plan::Record};
use serde::Serialize;
use source::{Normalized, PayloadError, Source};

/// What a shop's payload would become. Nothing was sent for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Preview {
    /// An order: its records, and the requests for them.
    Order {
        /// Id of the order in the shop.
        order: String,
        /// The records, parents before children.
        records: Vec<Record>,
        /// Notes for the operator.
        warnings: Vec<String>,
        /// The requests, if the destination held nothing of the order yet.
        requests: Vec<RequestPreview>,
    },
    /// Nothing, rightly.
    Skipped {
        /// Why.
        skipped: String,
    },
    /// A request about personal data.
    Privacy {
        /// Its kind.
        privacy_request: &'static str,
    },
}

/// The reason for which a payload would be a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It is no order.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The mapping makes no records of it.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

/// Returns what a payload of this topic would become at a destination. No I/O: what has to be
/// looked up there is not looked up.
///
/// # Errors
/// Fails where it would be a dead letter before the destination is asked.
pub fn preview(
    source: &dyn Source,
    mapping: &Mapping,
    destination: &dyn Destination,
    topic: &str,
    body: &[u8],
) -> Result<Preview, Unfit> {
    let order = match source.normalize(topic, body)? {
        Normalized::Order(order) => order,
        Normalized::Skip(skipped)
        | Normalized::Reference {
            otherwise: skipped, ..
        } => return Ok(Preview::Skipped { skipped }),
        Normalized::Gone { order, how } => {
            let skipped = format!("order {order} was {how}");
            return Ok(Preview::Skipped { skipped });
        }
        Normalized::Privacy(request) => {
            let privacy_request = request.kind.as_str();
            return Ok(Preview::Privacy { privacy_request });
        }
    };
    let mut plan = match mapping.plan(&order) {
        Ok(plan) => plan,
        Err(NoPlan::Skipped(skipped)) => return Ok(Preview::Skipped { skipped }),
        Err(NoPlan::Failed(error)) => return Err(error.into()),
    };
    plan.warnings
        .extend(plan.bare_currency.as_deref().map(unsaid_home));
    let requests = destination.preview(&plan);
    Ok(Preview::Order {
        order: plan.order,
        records: plan.records,
        warnings: plan.warnings,
        requests,
    })
}

/// Returns the warning that the home currency is unknown, which a delivery finds out and a preview
/// cannot.
fn unsaid_home(currency: &str) -> String {
    format!(
        "The amounts go out as they are, in {currency}, and vars.home_currency does not say what the destination keeps its amounts in. Set it, and an order in another \
         currency is refused; without it, an order in another currency than those before it has a note."
    )
}
