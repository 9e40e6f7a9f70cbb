//! Reading and writing what only scenarios of other families say.
//!
//! A program that leaves out a family (`family/included.rs`) cannot run its scenarios, so it needs no code that reads their settings either:
//! `#[serde(with = "left_out::of_leaders")]` at a field asks for the proof first. Without one the field is refused, and the lab asks
//! the program with all families, which says whatever there is to say.

/// Reads and writes a value if the program includes what the proof is of.
macro_rules! if_included {
    ($name:ident, $included:ident, $what:literal) => {
        pub(super) mod $name {
            use serde::de::Error as _;
            use serde::ser::Error as _;
            use serde::{Deserialize, Deserializer, Serialize, Serializer};

            use crate::family::$included;

            const LEFT_OUT: &str = concat!("this program leaves out ", $what);

            #[inline(always)]
            pub(in crate::scenario) fn serialize<T: Serialize, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
                match $included::proof() {
                    Some(_) => value.serialize(to),
                    None => Err(S::Error::custom(LEFT_OUT)),
                }
            }

            #[inline(always)]
            pub(in crate::scenario) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
                from: D,
            ) -> Result<T, D::Error> {
                match $included::proof() {
                    Some(_) => T::deserialize(from),
                    None => Err(D::Error::custom(LEFT_OUT)),
                }
            }
        }
    };
}

if_included!(of_leaders, MultiLeaderIncluded, "groups with several leaders");
if_included!(of_rings, LeaderlessIncluded, "rings without leaders");
