#![doc = include_str!("../README.md")]

mod access;
mod act;
mod chart;
mod dead;
mod desk;
mod guard;
mod home;
mod kept;
mod lab;
mod letter;
mod moment;
mod order;
mod orders;
mod page;
mod privacy;
mod reconcile_page;
mod refusal;
mod setup_page;
mod shell;
mod tag;

pub use access::{Access, NotOpened, listen};
pub use desk::{Desk, Setup};

use axum::{
    Router, extract::DefaultBodyLimit, http::header, middleware::from_fn_with_state,
    response::IntoResponse, routing::get,
};
use kept::Kept;
use page::Trouble;
use shell::Office;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Creates the console: every page behind the guard.
pub fn router(desk: Desk, access: Access) -> Router {
    let access = Arc::new(access);
    let office = Arc::new(Office {
        desk,
        access: Arc::clone(&access),
        notes: Kept::default(),
        looks: Kept::default(),
        making: Mutex::default(),
    });
    Router::new()
        .route("/", get(home::show))
        .route("/orders", get(orders::list))
        .route("/order", get(order::show))
        .route(
            "/order/resend",
            get(order::ask_resend).post(order::resend_now),
        )
        .route("/dead", get(dead::groups))
        .route("/dead/group", get(dead::group))
        .route("/dead/replay", get(dead::ask_replay).post(dead::replay))
        .route("/dead/drop", get(dead::ask_drop).post(dead::discard))
        .route("/letter", get(letter::show))
        .route(
            "/letter/edit",
            get(letter::edit).post(letter::replay_edited),
        )
        .route("/lab", get(lab::show).post(lab::show_tried))
        .route("/lab/apply", get(lab::ask).post(lab::apply_now))
        .route("/reconcile", get(reconcile_page::show))
        .route("/setup", get(setup_page::show))
        .route(
            "/setup/apply",
            get(setup_page::ask_apply).post(setup_page::apply),
        )
        .route("/privacy", get(privacy::list))
        .route("/privacy/done", get(privacy::ask_done).post(privacy::done))
        .route("/console.css", get(style))
        .route("/icon.svg", get(icon))
        .fallback(nowhere)
        .with_state(office)
        // The guard has bounded and read the body by then.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(access, guard::guard))
}

async fn style() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("../assets/console.css"))
}

async fn icon() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "image/svg+xml")];
    (kind, include_str!("../assets/icon.svg"))
}

async fn nowhere() -> Trouble {
    Trouble::missing(
        "There is no such page",
        "The pages are named at the top of each.",
    )
}
