use crate::{client::Client, setup};
use destination::Finding;
use mapping::Plan;

/// Logs in anew and returns what set-up says of the plan's needs: the queries and records of a
/// delivery, the role's permissions, the fields, the items that the mapping names.
pub(crate) async fn check(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    if let Err(failure) = client.log_in().await {
        return vec![Finding::bad(failure.to_string())];
    }
    let items = setup::items(client, &[plan]).await;
    let finding = |item: &::setup::Item| Finding {
        ok: !item.is_bad(),
        text: item.to_string(),
    };
    items.iter().map(finding).collect()
}
