//! What the links between nodes do, as a scenario writes it.

use serde::{Deserialize, Serialize};

use crate::network::{Latency, LinkSettings};
use crate::rng::Ratio;

/// What some links do. `"*"` stands for every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// The sending node.
    pub from: String,
    /// The receiving node.
    pub to: String,
    /// How long a message takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// How likely a message is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Ratio>,
    /// How likely a message arrives twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplication: Option<Ratio>,
    /// Whether a later message may overtake an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reorder: Option<bool>,
}

impl LinkSpec {
    /// Changes what it names and leaves the rest.
    pub fn change(&self, settings: &mut LinkSettings) {
        if let Some(latency) = &self.latency {
            settings.latency = latency.clone();
        }
        settings.loss = self.loss.unwrap_or(settings.loss);
        settings.duplication = self.duplication.unwrap_or(settings.duplication);
        settings.reorder = self.reorder.unwrap_or(settings.reorder);
    }
}
