#![doc = include_str!("../README.md")]

mod feed;
mod pages;
mod problem;
mod report;
mod run;
mod shop;
mod standing;
mod sync;
mod turn;
mod verify;

pub use feed::Feed;
pub use pages::page;
pub use problem::Problem;
pub use report::{Differing, Entry, Report, RouteReport, ShopTotals};
pub use run::{Request, reconcile};
pub use shop::{Ports, Shop, ShopRoute, shops};
pub use standing::Standing;
pub use sync::{Named, Synced, sync_orders, sync_window};
pub use turn::{Turn, take_turn};
pub use verify::{Verified, verify};
