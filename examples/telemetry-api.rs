//! A small telemetry service over PostgreSQL: sessions read their own writes, at whichever server and in whichever process.
//!
//! ```text
//! cargo run --package postgres-router --example telemetry-api -- 'host=db1,db2,db3 user=app dbname=telemetry' 127.0.0.1:8080
//! curl -i -X POST -d '{"device":"pump-1","value":42}' -H 'content-type: application/json' http://127.0.0.1:8080/readings
//! curl -i -H 'session-token: 1_…' http://127.0.0.1:8080/readings/pump-1
//! ```
//!
//! The service keeps nothing of a session. Each answer carries the session's token in the header `session-token`, and the next request
//! brings it back, to this process or to another one. A request without a token begins a session. What a failover has discarded is
//! answered with 409, and the token that comes with it begins anew.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use replicated_telemetry_store::ReadRouter;
use replicated_telemetry_store::postgres::{Postgres, PostgresError, Settings};
use replicated_telemetry_store::routing::{Failure, RoutingError, Session};
use serde_json::{Value, json};

/// The header with the token.
const TOKEN: HeaderName = HeaderName::from_static("session-token");

type Shared = State<Arc<ReadRouter<Postgres>>>;
type Answer = (StatusCode, HeaderMap, Json<Value>);
type Error = Failure<PostgresError, tokio_postgres::Error>;

/// The session that a request belongs to.
fn session(headers: &HeaderMap) -> Result<Session, Box<Answer>> {
    let Some(token) = headers.get(TOKEN) else { return Ok(Session::new()) };
    let wrong = |why: String| Box::new((StatusCode::BAD_REQUEST, HeaderMap::new(), Json(json!({ "error": why }))));
    let text = token.to_str().map_err(|_| wrong("the header session-token has bytes that no token has".to_owned()))?;
    text.parse().map_err(|error| wrong(format!("the header session-token: {error}")))
}

/// An answer with the token to bring next time.
fn answer(status: StatusCode, session: &Session, body: Value) -> Answer {
    let mut headers = HeaderMap::new();
    let token = HeaderValue::from_str(&session.to_string()).expect("a token has characters of headers only");
    headers.insert(TOKEN, token);
    (status, headers, Json(body))
}

fn failed(error: &Error, session: &Session) -> Answer {
    let status = match error {
        Failure::Routing(RoutingError::SessionLost { .. }) => StatusCode::CONFLICT,
        Failure::Routing(RoutingError::TokenAhead { .. } | RoutingError::TimelineUnknown { .. }) => StatusCode::BAD_REQUEST,
        Failure::Routing(
            RoutingError::NoLeader { .. }
            | RoutingError::NoFollower { .. }
            | RoutingError::PositionUnknown { .. }
            | RoutingError::ConnectionKept { .. }
            | RoutingError::Backend { .. },
        ) => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Work(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    answer(status, session, json!({ "error": error.to_string() }))
}

async fn put(State(router): Shared, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    let mut session = match session(&headers) {
        Ok(session) => session,
        Err(answer) => return *answer,
    };
    let (Some(device), Some(value)) = (body["device"].as_str(), body["value"].as_i64()) else {
        return answer(StatusCode::BAD_REQUEST, &session, json!({ "error": "a reading has a device and a value" }));
    };
    let upsert = "INSERT INTO reading VALUES ($1, $2) ON CONFLICT (device) DO UPDATE SET value = excluded.value";
    match router.write(&mut session, |db| async move { db.execute(upsert, &[&device, &value]).await }).await {
        Ok(_) => answer(StatusCode::CREATED, &session, json!({ "device": device, "value": value })),
        Err(error) => failed(&error, &session),
    }
}

async fn show(State(router): Shared, headers: HeaderMap, Path(device): Path<String>) -> Answer {
    let mut session = match session(&headers) {
        Ok(session) => session,
        Err(answer) => return *answer,
    };
    let (name, select) = (&device, "SELECT value FROM reading WHERE device = $1");
    let read = router.read(&mut session, |db| async move {
        let row = db.query_opt(select, &[name]).await?;
        row.map(|row| row.try_get::<_, i64>(0)).transpose()
    });
    match read.await {
        Ok(Some(value)) => {
            let node = session.last_served().map(|served| router.routing().name(served.node));
            answer(StatusCode::OK, &session, json!({ "device": device, "value": value, "node": node }))
        }
        Ok(None) => answer(StatusCode::NOT_FOUND, &session, json!({ "error": "no such device" })),
        Err(error) => failed(&error, &session),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(hosts), Some(address)) = (arguments.next(), arguments.next()) else {
        return Err("usage: telemetry-api 'host=db1,db2 user=app dbname=telemetry' 127.0.0.1:8080".into());
    };
    let settings: Settings = hosts.parse()?;
    let router = Arc::new(ReadRouter::connect(&settings).await?);
    let create = "CREATE TABLE IF NOT EXISTS reading (device text PRIMARY KEY, value bigint NOT NULL)";
    router.write(&mut Session::new(), |db| async move { db.batch_execute(create).await }).await?;
    let service = Router::new().route("/readings", post(put)).route("/readings/{device}", get(show)).with_state(router);
    let listener = tokio::net::TcpListener::bind(&address).await?;
    eprintln!("listening on {}", listener.local_addr()?);
    axum::serve(listener, service).await?;
    Ok(())
}
