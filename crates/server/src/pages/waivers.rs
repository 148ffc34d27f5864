//! `/ui/waivers`: which rules are set aside, for what, by whom, and until when.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::visitor::Visitor;
use super::{Frame, render, sign_in, trouble};
use crate::ServerState;
use crate::api::waivers::WaiverView;
use crate::problem::Problem;

/// How many rows the page has.
const ROWS: u32 = 200;

#[derive(Template)]
#[template(path = "waivers.html")]
struct WaiversPage {
    frame: Frame,
    in_force: Vec<WaiverView>,
    ended: Vec<WaiverView>,
}

/// The page.
pub(super) async fn page(State(state): State<ServerState>, visitor: Visitor) -> Response {
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, "/ui/waivers", None);
    }
    let rows = match state.engine.list_waivers(None, ROWS).await {
        Ok(rows) => rows,
        Err(error) => return trouble(&visitor, Problem::internal(error), "/ui/waivers"),
    };
    let now = state.engine.settings().clock.now();
    let (in_force, ended): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.revoked_at.is_none() && row.expires_at > now);
    let page = WaiversPage {
        frame: Frame::new("Waivers", &visitor),
        in_force: in_force.into_iter().map(WaiverView::from).collect(),
        ended: ended.into_iter().map(WaiverView::from).collect(),
    };
    render(StatusCode::OK, &page)
}
