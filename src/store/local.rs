//! Reads at a node itself: no message, no time.

use std::sync::Arc;

use super::operation::Operation;
use super::request::Request;
use super::shared::Shared;
use crate::time::SimDuration;

/// How long every thousandth local read of one instant waits, so that a loop of reads cannot stop the clock.
const WAIT: SimDuration = SimDuration::millis(1);

/// The value of a key at a node.
pub(super) fn read(
    shared: &Arc<Shared>,
    node: &str,
    key: &str,
) -> impl Future<Output = Option<Vec<u8>>> + Send + Sync + 'static + use<> {
    let (shared, node, key) = (shared.clone(), node.to_owned(), key.to_owned());
    async move {
        if shared.with(|cluster| cluster.count_local_read()) {
            Operation::new(&shared, Request::Sleep(WAIT)).await;
        }
        shared.with(|cluster| cluster.local_value(&node, &key))
    }
}
