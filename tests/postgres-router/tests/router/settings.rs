//! Settings that cannot work: each is refused with what to do about it, and soon.

use std::time::Duration;

use postgres_cluster::Cluster;
use replicated_telemetry_store::ReadRouter;
use replicated_telemetry_store::routing::{OnBehind, ReadPolicy, Session};
use tokio::time::Instant;

use super::{connect, read, start, table, text, write};

/// Why no router can be had with these settings; soon, because waiting is no use.
async fn refused(text: &str) -> String {
    let began = Instant::now();
    let error = ReadRouter::connect(&text.parse().expect("settings")).await.expect_err(text).to_string();
    assert!(began.elapsed() < Duration::from_secs(4), "{error} after {:?}", began.elapsed());
    error
}

async fn roles(cluster: &Cluster) {
    let error = refused(&text(cluster, &["node1", "node2", "node3"]).replace("user=postgres", "user=nobody_of_this_name")).await;
    assert!(error.contains("refuses the connection") && error.contains("see user, password and pg_hba.conf"), "{error}");
    let error = refused(&text(cluster, &["node1", "node2"]).replace("dbname=postgres", "dbname=elsewhere")).await;
    assert!(error.contains("has no such database") && error.ends_with("see dbname"), "{error}");

    let created = cluster.execute("node1", "CREATE ROLE app LOGIN PASSWORD 'secret'; SELECT pg_current_wal_insert_lsn()");
    created.expect("created");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
    }
    let all = text(cluster, &["node1", "node2", "node3"]);
    let password = all.split("password=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a password").to_owned();
    let app = all.replace("user=postgres", "user=app").replace(&password, "secret");
    let error = refused(&app).await;
    let advice = "GRANT pg_monitor TO \"app\"; GRANT EXECUTE ON FUNCTION pg_read_file(text) TO \"app\"";
    assert!(error.contains(advice), "{error}");
    // What the error says is what helps.
    cluster.execute("node1", advice).expect("granted");
    for follower in ["node2", "node3"] {
        cluster.await_replayed(follower, cluster.position().expect("a position")).expect("replayed");
    }
    cluster
        .execute("node1", "CREATE TABLE public.reading (device text PRIMARY KEY, value bigint); GRANT ALL ON reading TO app")
        .expect("made");
    let router = ReadRouter::connect(&app.parse().expect("settings")).await.expect("an ordinary role will do");
    let mut session = Session::new();
    write(&router, &mut session, "pump", 1).await.expect("written");
    let consistent = ReadPolicy::SessionConsistent(OnBehind::OtherFollower);
    assert_eq!(read(&router, &mut session, consistent, "pump").await.expect("read"), Some(1));
    cluster.execute("node1", "DROP TABLE reading").expect("dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_say_what_to_do() {
    let Some(mut cluster) = start("settings") else { return };
    roles(&cluster).await;
    // Followers only.
    let began = Instant::now();
    let followers = text(&cluster, &["node2", "node3"]).parse().expect("settings");
    let error = ReadRouter::connect(&followers).await.expect_err("nobody leads").to_string();
    assert!(error.starts_with("no leader was found: start or promote one, or name its host (127.0.0.1:"), "{error}");
    assert!(error.contains(": is a follower; 127.0.0.1:") && began.elapsed() > Duration::from_secs(4), "{error}");

    // The leader only.
    let alone = ReadRouter::connect(&text(&cluster, &["node1"]).parse().expect("settings")).await.expect("a router");
    table(&cluster, &alone).await;
    let mut session = Session::new();
    let error = read(&alone, &mut session, ReadPolicy::AnyFollower, "pump").await.expect_err("no follower is named").to_string();
    assert!(error.starts_with("no follower answered: start one, name its host"), "{error}");

    // A token from nowhere: the cluster is right and the number is not.
    let router = connect(&cluster).await;
    write(&router, &mut session, "pump", 1).await.expect("written");
    let (start, _) = session.to_string().rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a token");
    let mut forged: Session = format!("{start}.7fffffff00000000").parse().expect("the text of a session");
    let consistent = ReadPolicy::SessionConsistent(OnBehind::OtherFollower);
    let error = read(&router, &mut forged, consistent, "pump").await.expect_err("nobody wrote that much").to_string();
    assert!(error.contains("is ahead of the leader at 1:0/"), "{error}");

    // Followers that have gone: any-follower says so, others go to the leader.
    for follower in ["node2", "node3"] {
        cluster.kill(follower).expect("killed");
    }
    let error = read(&router, &mut session, ReadPolicy::AnyFollower, "pump").await.expect_err("both are gone").to_string();
    assert!(error.starts_with("no follower answered") && error.contains("cannot be reached"), "{error}");
    assert_eq!(read(&router, &mut session, consistent, "pump").await.expect("the leader is there"), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_cluster_is_refused() {
    let (Some(one), Some(other)) = (start("one-cluster"), start("other-cluster")) else { return };
    let part = |text: &str, name: &str| text.split(' ').find_map(|word| word.strip_prefix(name)).expect(name).to_owned();
    let (first, second) = (text(&one, &["node1"]), text(&other, &["node1"]));
    // Each cluster has a password of its own; the second gets that of the first.
    let password = part(&first, "password=");
    other.execute("node1", &format!("ALTER ROLE postgres PASSWORD '{password}'")).expect("altered");
    let ports = format!("{},{}", part(&first, "port="), part(&second, "port="));
    let both = format!("host=127.0.0.1,127.0.0.1 port={ports} user=postgres password={password} dbname=postgres");
    let error = refused(&both).await;
    assert!(error.contains("belongs to the cluster") && error.contains("leave its host out"), "{error}");
}
