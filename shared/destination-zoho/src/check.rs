use crate::{client::Client, setup};
use destination::Finding;
use mapping::Plan;

/// Returns what set-up says of the plan's needs: do the fields exist, may they be written, do they
/// take the plan's choices, and is the key fit for exactly-once?
pub(crate) async fn check(client: &Client<'_>, plan: &Plan) -> Vec<Finding> {
    let login = client.renewed_token().await;
    let items = setup::items(client, None, &[plan], login).await;
    let finding = |item: &::setup::Item| Finding {
        ok: !item.is_bad(),
        text: item.to_string(),
    };
    items.iter().map(finding).collect()
}
