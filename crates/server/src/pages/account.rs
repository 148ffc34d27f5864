//! `/ui/account`: one's own account, and the sessions it has open.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{StatusCode, header};
use serde::Deserialize;

use super::posted::Posted;
use super::visitor::{Visitor, cookie};
use super::{Frame, render, show, sign_in, trouble};
use crate::ServerState;
use crate::api::account::SessionView;
use crate::api::accounts::AccountView;
use crate::api::tokens::TokenView;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    account: AccountView,
    sessions: Vec<SessionView>,
    tokens: Vec<TokenView>,
}

/// A form without a field of its own.
#[derive(Deserialize)]
pub(super) struct Nothing {}

/// The page.
pub(super) async fn page(State(state): State<ServerState>, visitor: Visitor) -> Response {
    if !visitor.is_signed_in {
        return sign_in::form(&visitor, StatusCode::UNAUTHORIZED, "/ui/account", None);
    }
    match find(&state, &visitor).await {
        Ok(page) => render(StatusCode::OK, &page),
        Err(problem) => trouble(&visitor, problem, "/ui/account"),
    }
}

async fn find(state: &ServerState, visitor: &Visitor) -> Result<AccountPage, Problem> {
    let engine = &state.engine;
    let found = engine.account_of(&visitor.caller).await.map_err(Problem::internal)?;
    let Some(report) = found else {
        let detail = format!("`{}` is a token, not an account", visitor.caller.name);
        return Err(Problem::not_found("not-an-account", detail)
            .hint("sign in with the name and the password of an account"));
    };
    let sessions = engine.list_sessions(&report.account).await.map_err(Problem::internal)?;
    let mut tokens = engine.list_own_tokens(&report.account).await.map_err(Problem::internal)?;
    tokens.retain(|token| token.revoked_at.is_none());
    Ok(AccountPage {
        frame: Frame::new("Your account", visitor),
        account: report.into(),
        sessions: sessions.into_iter().map(SessionView::from).collect(),
        tokens: tokens.into_iter().map(TokenView::from).collect(),
    })
}

/// Ends every session of the visitor's account, this one too.
pub(super) async fn end_sessions(
    State(state): State<ServerState>,
    Posted { visitor, form: Nothing {} }: Posted<Nothing>,
) -> Response {
    let name = &visitor.caller.name;
    if let Err(error) = state.engine.end_sessions(name, name).await {
        return trouble(&visitor, error.into(), "/ui/account");
    }
    let mut response = Redirect::to("/ui/sign-in").into_response();
    if let Some(gone) = cookie(None, state.is_encrypted()) {
        response.headers_mut().insert(header::SET_COOKIE, gone);
    }
    response
}
