#![doc = include_str!("../README.md")]

mod apply;
mod by_itself;
mod diff;
mod feed;
mod gather;
mod health;
mod pages;
mod problem;
mod report;
mod resend;
mod run;
mod shop;
mod standing;
mod sync;
mod turn;
mod verify;
mod webhooks;
mod window;
mod work;

pub use apply::{Applied, TakenFrom, apply};
pub use by_itself::{Compared, Passed, Routine, raised_overlaps};
pub use diff::{ChangingField, Difference, diff};
pub use feed::Feed;
pub use gather::{Gathered, Which, carried, gather};
pub use health::{Health, tell, tell_silence};
pub use pages::page;
pub use problem::Problem;
pub use report::{Differing, Entry, Report, RouteReport, ShopTotals};
pub use resend::{Resent, resend};
pub use run::{Request, reconcile};
pub use shop::{Ports, Shop, ShopRoute, route_of, shops};
pub use standing::Standing;
pub use sync::{Named, Synced, sync_orders, sync_window};
pub use turn::{Place, Put, SeenWebhooks, Turn, Unfinished, place_of, take_turn};
pub use verify::{Verified, verify};
