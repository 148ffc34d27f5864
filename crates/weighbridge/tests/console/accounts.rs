//! Accounts at the API: one person however many tokens, roles that end at their namespace, and passwords
//! that nobody may guess at for long.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use weighbridge_domain::Role;
use weighbridge_engine::{Engine, PasswordError, StoreUrl};
use weighbridge_testkit::TestApp;

use crate::door::{Door, operations};
use crate::weighed;

const GOOD: &str = "seven trucks and a bridge";

fn request() -> Value {
    let risk = json!({"data": "internal", "user_facing": false, "affects_people": false});
    json!({"ref": "acme/words", "environment": "production", "because": "spelling", "risk": risk})
}

/// Asks for `acme/words` in production, and waits until it is here and examined.
async fn ask(app: &TestApp, door: &Door) -> String {
    let (status, made) = door.send("POST", "/requests", request()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let auditor = app.person("audrey", Role::Auditor, "dev");
    while app.engine.show_request(&auditor, &id).await.unwrap().files.missing > 0 {
        tokio::task::yield_now().await;
    }
    id
}

#[tokio::test]
async fn two_tokens_of_an_account_are_one_person() {
    let (_hub, app) = weighed().await;
    let everywhere = |role| (role, "**", None);
    let both = [Role::Developer, Role::SecurityReviewer, Role::ComplianceReviewer];
    let dana = app.account("dana", &both.map(everywhere)).await;
    let sam = app.account("sam", &both.map(everywhere)).await;
    let door =
        async |account, role| Door::of(&app, &app.personal_token(account, role, "dev").await);
    let id = ask(&app, &door(&dana, Role::Developer).await).await;
    let answers = format!("/requests/{id}/answers");
    let yes = json!({"answer": "yes", "comment": "looked"});
    let answer = async |door: Door| door.send("POST", &answers, yes.clone()).await;

    let (status, own) = answer(door(&dana, Role::SecurityReviewer).await).await;
    assert_eq!(status, StatusCode::CONFLICT, "{own}");
    assert!(own["detail"].as_str().unwrap().contains("nobody answers their own"), "{own}");
    let (status, first) = answer(door(&sam, Role::SecurityReviewer).await).await;
    assert_eq!((status, &first["answers"][0]["by"]), (StatusCode::OK, &json!("sam")), "{first}");
    let (status, second) = answer(door(&sam, Role::ComplianceReviewer).await).await;
    assert_eq!(status, StatusCode::CONFLICT, "{second}");
    assert!(second["detail"].as_str().unwrap().contains("one person, one answer"), "{second}");
}

/// What is sent to each operation on requests, waivers and evidence by somebody whose roles are for another namespace.
/// An operation that is missing here fails the test: say what fits it.
fn body_for(operation: &str) -> Option<Value> {
    Some(match operation {
        "POST /requests" => request(),
        "POST /requests/{id}/answers" => json!({"answer": "yes", "comment": "looked"}),
        "POST /waivers" => json!({
            "rule": "licence-unknown", "pattern": "acme/*", "environment": "production",
            "because": "asked", "expires_at": "2026-07-01T00:00:00Z",
        }),
        "POST /revision/attestations" => json!({}),
        "GET /requests/{id}" | "POST /requests/{id}/withdrawal" | "DELETE /waivers/{id}" => {
            Value::Null
        }
        "POST /requests/{id}/notes" => json!({"kind": "comment", "text": "me too"}),
        "POST /requests/{id}/assignment" => {
            json!({"role": "security-reviewer", "to": "sam", "because": "asked"})
        }
        "POST /requests/{id}/escalation" => json!({"because": "asked"}),
        // Lists leave out what is of other namespaces; waivers are for everybody to see.
        // What is known of a revision is for whoever may know of the revision.
        // Answers given together say of each request why not: 404 inside of a 200.
        "POST /requests/answers"
        | "GET /requests"
        | "GET /waivers"
        | "GET /revision"
        | "GET /revision/attestations"
        | "GET /revision/attestations/bundle" => return None,
        other => panic!("{other}: what does somebody of another namespace send here?"),
    })
}

#[tokio::test]
async fn a_role_ends_at_its_namespace_and_its_environment() {
    let (_hub, app) = weighed().await;
    let dana = app.account("dana", &[(Role::Developer, "acme/*", None)]).await;
    let asker = Door::of(&app, &app.personal_token(&dana, Role::Developer, "dev").await);
    let id = ask(&app, &asker).await;
    let cleo = app.account("cleo", &[(Role::ComplianceReviewer, "acme/*", None)]).await;
    let own = Door::of(&app, &app.personal_token(&cleo, Role::ComplianceReviewer, "dev").await);
    let (status, waiver) = own.send("POST", "/waivers", body_for("POST /waivers").unwrap()).await;
    assert_eq!(status, StatusCode::CREATED, "{waiver}");
    let waiver = waiver["id"].as_str().unwrap();

    let roles = [Role::Developer, Role::SecurityReviewer, Role::ComplianceReviewer, Role::Approver];
    for (name, pattern, environment) in
        [("otto", "other/*", None), ("stan", "acme/*", Some("staging"))]
    {
        let account = app.account(name, &roles.map(|role| (role, pattern, environment))).await;
        let at_home = environment.unwrap_or("dev");
        for role in roles {
            let door = Door::of(&app, &app.personal_token(&account, role, at_home).await);
            for (operation, method, path) in operations() {
                let shared = [" /requests", " /waivers", " /revision"];
                if !shared.iter().any(|part| operation.contains(part)) {
                    continue;
                }
                let Some(body) = body_for(&operation) else { continue };
                // What is true of the bytes has no environment.
                if operation.contains(" /revision") && environment.is_some() {
                    continue;
                }
                let subject = if path.starts_with("/api/v1/waivers") { waiver } else { &id };
                let path =
                    path.strip_prefix("/api/v1").unwrap().replace("/X", &format!("/{subject}"));
                let path =
                    if path.starts_with("/revision") { path + "?ref=acme/words" } else { path };
                let (status, told) = door.send(method.as_str(), &path, body).await;
                assert!([403, 404].contains(&status.as_u16()), "{name} {role} {operation}: {told}");
            }
            let listed = door.get("/requests").await;
            assert_eq!(listed["items"], json!([]), "{name} {role}");
        }
    }
    let otto = app.account("otis", &[(Role::Approver, "other/*", None)]).await;
    let otto = Door::of(&app, &app.personal_token(&otto, Role::Approver, "dev").await);
    let emergency =
        json!({"pattern": "acme/*", "environment": "production", "because": "x", "hours": 1});
    let (status, told) = otto.send("POST", "/break-glass", emergency).await;
    assert_eq!((status.as_u16(), &told["code"]), (403, &json!("out-of-reach")), "{told}");
    // Where the role is held, the same answer counts.
    let sam = app.account("sam", &[(Role::SecurityReviewer, "acme/*", Some("production"))]).await;
    let door =
        Door::of(&app, &app.personal_token(&sam, Role::SecurityReviewer, "production").await);
    assert_eq!(door.get("/requests").await["items"][0]["id"], id.as_str());
    let yes = json!({"answer": "yes", "comment": "looked"});
    let (status, told) = door.send("POST", &format!("/requests/{id}/answers"), yes).await;
    assert_eq!(status, StatusCode::OK, "{told}");
}

#[tokio::test]
async fn a_request_list_goes_on_behind_what_is_of_other_namespaces() {
    let (hub, app) = weighed().await;
    let dana = app.account("dana", &[(Role::Developer, "**", None)]).await;
    let asker = Door::of(&app, &app.personal_token(&dana, Role::Developer, "dev").await);
    for number in 0..7 {
        let owner = if number % 3 == 0 { "acme" } else { "other" };
        let name = format!("{owner}/n{number}");
        hub.publish(&name, "words.txt", "x");
        let mut body = request();
        body["ref"] = json!(name);
        let (status, made) = asker.send("POST", "/requests", body).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
    }
    let sam = app.account("sam", &[(Role::SecurityReviewer, "acme/*", None)]).await;
    let door = Door::of(&app, &app.personal_token(&sam, Role::SecurityReviewer, "dev").await);
    let mut seen = Vec::new();
    let mut path = "/requests?limit=2".to_owned();
    loop {
        let page = door.get(&path).await;
        let names = page["items"].as_array().unwrap().iter();
        seen.extend(names.map(|item| item["artifact"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/requests?limit=2&after={next}");
    }
    // The clock stands still, so that which one is newer is a matter of chance.
    seen.sort();
    assert_eq!(seen, ["acme/n0", "acme/n3", "acme/n6"]);
}

#[tokio::test]
async fn an_account_is_made_granted_and_disabled_by_an_administrator_and_never_by_itself() {
    let (_hub, app) = weighed().await;
    let admin = Door::of_admin(&app).await;
    let said = async |method: &str, path: &str, body: Value| {
        let (status, told) = admin.send(method, path, body).await;
        format!("{} {}", status.as_u16(), told["code"].as_str().unwrap_or("-"))
    };
    assert_eq!(said("POST", "/accounts", json!({"name": "sam"})).await, "201 -");
    assert_eq!(said("POST", "/accounts", json!({"name": "sam"})).await, "409 account-exists");
    assert_eq!(said("POST", "/accounts", json!({"name": "root"})).await, "409 token-exists");
    assert_eq!(said("POST", "/accounts", json!({"name": "Sam"})).await, "400 bad-name");
    let clash = json!({"name": "sam", "role": "approver"});
    assert_eq!(said("POST", "/tokens", clash).await, "409 account-exists");
    let grant = |role: &str, pattern: &str| json!({"role": role, "pattern": pattern});
    let grants = "/accounts/sam/grants";
    assert_eq!(said("POST", grants, grant("approver", "acme/*")).await, "201 -");
    assert_eq!(said("POST", grants, grant("approver", "acme/*")).await, "409 granted-already");
    assert_eq!(said("POST", grants, grant("admin", "acme/*")).await, "400 bad-grant");
    assert_eq!(said("POST", grants, grant("admin", "*")).await, "201 -");
    let moon = json!({"role": "approver", "environment": "moon"});
    assert_eq!(said("POST", grants, moon).await, "404 no-such-environment");
    assert_eq!(said("DELETE", "/accounts/sam/grants/X", Value::Null).await, "404 no-such-grant");
    for bad in ["short", "password-password", "sam is my name", &"x".repeat(300)] {
        let body = json!({"password": bad});
        assert_eq!(said("PUT", "/accounts/sam/password", body).await, "400 bad-password", "{bad}");
    }
    let body = json!({"password": GOOD});
    assert_eq!(said("PUT", "/accounts/sam/password", body).await, "200 -");

    let sam = app.engine.find_account("sam").await.unwrap().unwrap();
    let own = Door::of(&app, &app.personal_token(&sam.account, Role::Admin, "dev").await);
    let (status, told) = own.send("POST", grants, grant("auditor", "*")).await;
    assert_eq!((status.as_u16(), &told["code"]), (403, &json!("own-account")));
    let approver = sam.grants.iter().find(|row| row.grant.role == Role::Approver).unwrap();
    let token = app.personal_token(&sam.account, Role::Approver, "production").await;
    assert_eq!(app.get_as(&token, "/api/v1/account").await.status, 200);
    let path = format!("{grants}/{}", approver.id);
    assert_eq!(said("DELETE", &path, Value::Null).await, "200 -");
    assert_eq!(app.get_as(&token, "/api/v1/account").await.status, 401, "its role is gone");
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_once_on_every_replica() {
    let (_hub, app) = weighed().await;
    let sam = app.account("sam", &[(Role::Developer, "**", None)]).await;
    let token = app.personal_token(&sam, Role::Developer, "dev").await;
    let settings = app.engine.settings().clone();
    let replica = match settings.database {
        StoreUrl::Postgres(_) => Some(Engine::open(settings).await.unwrap()),
        StoreUrl::Sqlite(_) => None,
    };
    let secret = weighbridge_domain::TokenSecret::from_client(&token).unwrap();
    // Twice, so that the second is answered from memory.
    for _ in 0..2 {
        assert_eq!(app.get_as(&token, "/api/models/acme/words").await.status, 200);
        if let Some(replica) = &replica {
            replica.sign_in(Some(&secret), None).await.unwrap();
        }
    }
    let admin = Door::of_admin(&app).await;
    let (status, told) = admin.send("PATCH", "/accounts/sam", json!({"disabled": true})).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(app.get_as(&token, "/api/models/acme/words").await.status, 401);
    if let Some(replica) = &replica {
        replica.sign_in(Some(&secret), None).await.unwrap_err();
    }
    let (_, told) = admin.send("PATCH", "/accounts/sam", json!({"disabled": false})).await;
    assert_eq!(told["disabled_at"], Value::Null);
    assert_eq!(app.get_as(&token, "/api/models/acme/words").await.status, 401, "tokens stay ended");
}

#[tokio::test]
async fn personal_tokens_are_made_with_the_password_listed_and_revoked_by_their_owner() {
    let (_hub, app) = weighed().await;
    let sam = app.account("sam", &[(Role::Developer, "acme/*", Some("production"))]).await;
    app.engine.set_password(&app.admin(), "sam", GOOD).await.unwrap();
    let door = Door::with_password(&app, "sam", GOOD);
    let new = |name: &str| json!({"name": name});
    let (status, made) = door.send("POST", "/account/tokens", new("laptop")).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!(made["environment"], "production", "the one where the role is held");
    assert_eq!((&made["name"], &made["role"]), (&json!("sam/laptop"), &json!("developer")));
    assert!(made["expires_at"].is_string());
    let token = made["token"].as_str().unwrap();
    let code =
        async |body: Value| door.send("POST", "/account/tokens", body).await.1["code"].clone();
    assert_eq!(code(new("laptop")).await, "token-exists");
    assert_eq!(code(json!({"name": "x", "role": "admin"})).await, "not-your-role");
    assert_eq!(code(json!({"name": "x", "environment": "dev"})).await, "not-your-role");
    assert_eq!(
        code(json!({"name": "x", "expires_at": "2031-01-01T00:00:00Z"})).await,
        "bad-expiry"
    );
    let (status, told) = Door::of(&app, token).send("POST", "/account/tokens", new("more")).await;
    assert_eq!((status.as_u16(), &told["code"]), (403, &json!("password-needed")));

    app.get_as(token, "/api/models/acme/words").await;
    let own = Door::of(&app, token);
    let mut listed = own.get("/account/tokens").await;
    while listed["items"][0]["last_used_at"].is_null() {
        tokio::task::yield_now().await;
        listed = own.get("/account/tokens").await;
    }
    assert!(!listed.to_string().contains(token));
    let (status, _) = own.send("DELETE", "/account/tokens/laptop", Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(app.get_as(token, "/api/models/acme/words").await.status, 401);

    let brief = app.personal_token(&sam, Role::Developer, "production").await;
    app.advance(Duration::from_hours(24 * 91));
    assert_eq!(app.get_as(&brief, "/api/v1/account").await.status, 401, "it has expired");
}

#[tokio::test]
async fn a_service_answers_nothing_and_is_one_caller_whatever_its_tokens() {
    let (_hub, app) = weighed().await;
    let admin = Door::of_admin(&app).await;
    let new = |name: &str, role: &str| json!({"name": name, "role": role, "service": "trainer"});
    for role in ["security-reviewer", "compliance-reviewer", "approver", "admin"] {
        let (status, told) = admin.send("POST", "/tokens", new("a", role)).await;
        assert_eq!((status.as_u16(), &told["code"]), (400, &json!("not-for-services")), "{role}");
    }
    let mut asked_by = Vec::new();
    for name in ["blue", "green"] {
        let (_, made) = admin.send("POST", "/tokens", new(name, "developer")).await;
        let door = Door::of(&app, made["token"].as_str().unwrap());
        let (_, request) = door.send("POST", "/requests", request()).await;
        asked_by.push(request["asked_by"].clone());
        door.send(
            "POST",
            &format!("/requests/{}/withdrawal", request["id"].as_str().unwrap()),
            Value::Null,
        )
        .await;
    }
    assert_eq!(asked_by, ["trainer", "trainer"]);
}

#[tokio::test]
async fn guessing_gets_slower_and_a_restart_forgets_nothing() {
    let (_hub, app) = weighed().await;
    app.account("sam", &[(Role::Developer, "**", None)]).await;
    app.engine.set_password(&app.admin(), "sam", GOOD).await.unwrap();
    let code = async |app: &TestApp, name: &str, password: &str| {
        let (status, told) =
            Door::with_password(app, name, password).send("GET", "/account", Value::Null).await;
        (status.as_u16(), told["detail"].as_str().unwrap_or_default().to_owned())
    };
    let before = app.engine.passwords_hashed();
    for name in ["sam", "nobody"] {
        for _ in 0..5 {
            let (status, detail) = code(&app, name, "wrong").await;
            assert_eq!(
                (status, detail.as_str()),
                (401, "the name or the password is wrong (sign-in)")
            );
        }
        let waits = code(&app, name, GOOD).await;
        assert_eq!(waits, (429, "too many tries: try again in a second (sign-in)".to_owned()));
    }
    assert_eq!(app.engine.passwords_hashed() - before, 10, "unknown names take the same work");

    let app = app.restarted().await;
    assert_eq!(code(&app, "sam", GOOD).await.0, 429);
    app.advance(Duration::from_secs(1));
    assert_eq!(code(&app, "sam", "wrong").await.0, 401);
    assert!(code(&app, "sam", GOOD).await.1.contains("in 2 seconds"));
    app.advance(Duration::from_secs(2));
    assert_eq!(code(&app, "sam", GOOD).await.0, 200);
    assert_eq!(code(&app, "sam", "wrong").await.0, 401, "the count began anew");
    let entries = Door::of_admin(&app).await.get("/audit/entries?limit=500").await;
    let kinds = entries["items"].as_array().unwrap().iter().map(|entry| entry["kind"].clone());
    assert_eq!(kinds.filter(|kind| *kind == "sign-in.refused").count(), 3, "one each wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_that_run_side_by_side_do_not_slip_through() {
    let (_hub, app) = weighed().await;
    app.account("sam", &[]).await;
    app.engine.set_password(&app.admin(), "sam", GOOD).await.unwrap();
    let before = app.engine.passwords_hashed();
    let tries: Vec<_> = (0..40)
        .map(|_| {
            let engine = app.engine.clone();
            tokio::spawn(async move { engine.check_password("sam", "wrong", "here").await })
        })
        .collect();
    let mut waits = 0;
    for attempt in tries {
        waits += usize::from(matches!(attempt.await.unwrap(), Err(PasswordError::Wait(_))));
    }
    assert_eq!((waits, app.engine.passwords_hashed() - before), (35, 5));
}

#[tokio::test]
async fn strangers_lock_nobody_out() {
    let (_hub, app) = weighed().await;
    let sam = app.account("sam", &[(Role::Developer, "**", None)]).await;
    app.engine.set_password(&app.admin(), "sam", GOOD).await.unwrap();
    let opener = weighbridge_engine::Opener::Account(&sam);
    app.engine.open_session(opener, "10.0.0.1", "a browser").await.unwrap();
    let try_from = async |address: &str, password: &str| {
        app.engine.check_password("sam", password, address).await
    };
    for number in 0..40 {
        app.advance(Duration::from_secs(61));
        try_from(&format!("192.0.2.{number}"), "wrong").await.unwrap_err();
    }
    let elsewhere = try_from("198.51.100.1", GOOD).await.unwrap_err();
    assert!(matches!(elsewhere, PasswordError::Wait(wait) if wait <= Duration::from_mins(1)));
    try_from("10.0.0.1", GOOD).await.expect("where sam was lately, sam gets in");
    app.advance(Duration::from_secs(61));
    try_from("198.51.100.1", GOOD).await.expect("elsewhere after a minute");
}

#[tokio::test]
async fn no_secret_reaches_the_ledger() {
    let (_hub, app) = weighed().await;
    let sam = app.account("sam", &[(Role::Developer, "**", None)]).await;
    app.engine.set_password(&app.admin(), "sam", GOOD).await.unwrap();
    let token = app.personal_token(&sam, Role::Developer, "dev").await;
    let opener = weighbridge_engine::Opener::Account(&sam);
    let session = app.engine.open_session(opener, "10.0.0.1", "a browser").await.unwrap();
    for _ in 0..8 {
        app.engine.check_password("sam", "typed in vain", "10.0.0.2").await.unwrap_err();
        app.engine.check_password("typed as a name", "x", "10.0.0.2").await.unwrap_err();
    }
    app.engine.disable_account(&app.admin(), "sam").await.unwrap();
    let entries = Door::of_admin(&app).await.get("/audit/entries?limit=500").await.to_string();
    for kind in [
        "account.created",
        "role.granted",
        "password.changed",
        "session.opened",
        "sign-in.refused",
        "account.disabled",
    ] {
        assert!(entries.contains(kind), "{kind}");
    }
    for secret in [GOOD, &token, session.reveal(), "typed in vain", "typed as a name", "argon2id"] {
        assert!(!entries.contains(secret), "{secret}");
    }
    let page = app.send(Method::GET, "/api/v1/accounts", &[]).await;
    assert_eq!(page.status, 401);
}

#[tokio::test]
async fn a_password_hashed_at_another_cost_is_hashed_anew_when_it_is_used() {
    let (_hub, app) = weighed().await;
    let sam = app.account("sam", &[]).await;
    app.engine.set_password(&app.admin(), "sam", GOOD).await.unwrap();
    let hash = async |engine: &Engine| {
        engine.store().read().await.unwrap().find_password(&sam.id).await.unwrap().unwrap().0
    };
    let cheap = hash(&app.engine).await;
    assert!(cheap.contains("m=16,t=1"), "{cheap}");
    let mut settings = app.engine.settings().clone();
    settings.password_cost.memory_kib = 32;
    let dearer = Engine::open(settings).await.unwrap();
    dearer.check_password("sam", "wrong", "here").await.unwrap_err();
    assert_eq!(hash(&dearer).await, cheap);
    dearer.check_password("sam", GOOD, "here").await.unwrap();
    assert!(hash(&dearer).await.contains("m=32,t=1"));
    dearer.check_password("sam", GOOD, "here").await.unwrap();
}
