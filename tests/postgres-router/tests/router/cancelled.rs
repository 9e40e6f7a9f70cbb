//! Work that is cancelled: its statement ends at the server, its connection is closed, and the router goes on.

use std::time::Duration;

use replicated_telemetry_store::routing::{OnBehind, ReadPolicy, Session};

use super::{connect, read, start, table, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_operation_leaves_nothing_behind() {
    let Some(cluster) = start("cancelled") else { return };
    let router = connect(&cluster).await;
    let mut session = table(&cluster, &router).await;
    write(&router, &mut session, "pump", 1).await.expect("written");
    let half = Duration::from_millis(500);
    for _ in 0..12 {
        // More often than a pool has connections. Each leaves a transaction open, with a lock that would keep everybody out.
        let open = router.write(&mut session, |db| async move {
            db.batch_execute("BEGIN; LOCK TABLE reading IN ACCESS EXCLUSIVE MODE").await?;
            db.batch_execute("SELECT pg_sleep(60)").await
        });
        assert!(tokio::time::timeout(half / 5, open).await.is_err(), "it sleeps for a minute");
    }
    write(&router, &mut session, "pump", 2).await.expect("nobody holds the lock, and there are connections");
    let read_back = read(&router, &mut session, ReadPolicy::SessionConsistent(OnBehind::OtherFollower), "pump").await;
    assert_eq!(read_back.expect("read"), Some(2));
    let mut sleeping = String::new();
    for _ in 0..20 {
        sleeping = cluster
            .execute(
                "node1",
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()",
            )
            .expect("read");
        if sleeping == "0" {
            break;
        }
        tokio::time::sleep(half / 5).await;
    }
    assert_eq!(sleeping, "0", "all were cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_fails_is_the_caller_s_and_its_transaction_is_gone() {
    let Some(cluster) = start("failing") else { return };
    let router = connect(&cluster).await;
    let mut session = table(&cluster, &router).await;
    for _ in 0..12 {
        let failed = router.write(&mut session, |mut db| async move {
            let transaction = db.transaction().await?;
            transaction.execute("INSERT INTO reading VALUES ('valve', 1)", &[]).await?;
            transaction.execute("SELECT 1 / 0", &[]).await?;
            transaction.commit().await
        });
        let error = failed.await.expect_err("one cannot divide by nothing").to_string();
        assert!(error.contains("db error"), "{error}");
    }
    let consistent = ReadPolicy::SessionConsistent(OnBehind::OtherFollower);
    assert_eq!(read(&router, &mut session, consistent, "valve").await.expect("read"), None, "nothing of it was kept");
    let (mut kept, mut stranger) = (None, Session::new());
    let held = router.write(&mut stranger, |db| {
        kept = Some(db);
        async { Ok::<(), tokio_postgres::Error>(()) }
    });
    let error = held.await.expect_err("the work kept its connection").to_string();
    assert!(error.ends_with("drop the connection within the work"), "{error}");
}
