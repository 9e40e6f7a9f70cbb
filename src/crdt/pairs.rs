//! Maps as sequences of pairs, for serde: keys of JSON objects are texts only, and keys here are of any type.
//!
//! Reading takes one form only, ascending keys without repetition, so that equal states have equal texts.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) fn serialize<K: Serialize, V: Serialize, S: Serializer>(map: &BTreeMap<K, V>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(map)
}

pub(crate) fn deserialize<'de, K, V, D>(from: D) -> Result<BTreeMap<K, V>, D::Error>
where
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let pairs = Vec::<(K, V)>::deserialize(from)?;
    if let Some(place) = pairs.windows(2).position(|two| two[0].0 >= two[1].0) {
        return Err(D::Error::custom(format_args!("key {} is not above the one before it", place + 1)));
    }
    Ok(pairs.into_iter().collect())
}
