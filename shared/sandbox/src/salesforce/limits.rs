use super::{answer::Answer, world::World};
use serde_json::json;

/// Answers `GET /limits`.
pub(super) fn answer(world: &World) -> Answer {
    let (used, most) = world.usage();
    Answer::ok(json!({"DailyApiRequests": {"Max": most, "Remaining": most.saturating_sub(used)}}))
}
