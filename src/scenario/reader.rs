//! From a value of a text to a scenario: what serde's derived code asks for, and what is said where it does not get it.
//!
//! The derived code knows the structures, and this reader none of them. It says of each value where it stands, what was expected and
//! what was found, in words for people who write scenarios and not Rust. The path to a mistake grows on its way out.

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::ScenarioError;
use super::mistake::{Mistake, brief};
use super::text::{Kind, Node};

type Result<T, E = Mistake> = std::result::Result<T, E>;

/// Reads a value of any type that serde can read.
///
/// # Errors
/// The first mistake, and the offset at which it stands.
pub(super) fn read<T: DeserializeOwned>(root: Node<'_>) -> Result<T, (usize, ScenarioError)> {
    T::deserialize(root).map_err(|mistake| mistake.placed(root.at()).told())
}

impl<'de> Node<'de> {
    /// What stands there, for a message.
    fn words(self) -> String {
        match self.kind() {
            Kind::Null => "null".to_owned(),
            Kind::Bool(_) | Kind::Number => format!("`{}`", brief(self.raw())),
            Kind::Text => format!("the text \"{}\"", brief(&self.string())),
            Kind::List => "a list".to_owned(),
            Kind::Object => "an object".to_owned(),
        }
    }

    #[inline(never)]
    fn wrong(self, message: String) -> Mistake {
        Mistake::new(message).placed(self.at())
    }

    #[inline(never)]
    fn expected(self, what: &str) -> Mistake {
        self.wrong(format!("expected {what}, found {}", self.words()))
    }

    /// A mistake in this value, which is a part of another one under this name.
    #[inline(never)]
    fn under(self, name: Node<'_>, mistake: Mistake) -> Mistake {
        mistake.placed(self.at()).below(&name.string())
    }

    /// A whole number from 0 to a largest one.
    fn natural(self, most: u64) -> Result<u64> {
        if self.kind() != Kind::Number || self.raw().contains(['.', 'e', 'E']) {
            return Err(self.expected("a whole number"));
        }
        match self.raw().parse() {
            Ok(n) if n <= most => Ok(n),
            _ => Err(self.wrong(format!("the number is not between 0 and {most}"))),
        }
    }

    /// A name, alone or with what goes with it.
    fn variant(self, names: &[&str]) -> Result<Variant<'de>> {
        if self.kind() == Kind::Text {
            return Ok(Variant { name: self, content: None });
        }
        match self.fields().as_slice() {
            [(name, content)] => Ok(Variant { name: *name, content: Some(*content) }),
            [_, (second, _), ..] => {
                Err(second.wrong(format!("expected an object of one name, found a second: `{}`", second.string())))
            }
            [] => {
                let (found, names) = (self.words(), names.join("`, `"));
                Err(self.wrong(format!("expected a name, or an object of one name, found {found}; the names are `{names}`")))
            }
        }
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(Items { rest: self.items().into_iter(), number: 0 })
    }

    fn object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let mut fields = Fields { rest: self.fields().into_iter(), name: self, value: self, open: false };
        visitor.visit_map(&mut fields).map_err(|mistake| fields.beside(mistake))
    }
}

/// Asks for a number of a kind, whose bounds are those of the kind.
macro_rules! naturals {
    ($($method:ident $kind:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.visit_u64(self.natural(u64::from(<$kind>::MAX))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(is) => visitor.visit_bool(is),
            Kind::Text => visitor.visit_string(self.string()),
            Kind::List => self.list(visitor),
            Kind::Object => self.object(visitor),
            Kind::Number => match (self.raw().parse(), self.raw().parse()) {
                (Ok(n), _) => visitor.visit_u64(n),
                (_, Ok(n)) => visitor.visit_i64(n),
                _ if self.raw().contains(['.', 'e', 'E']) => Err(self.expected("a whole number")),
                _ => Err(self.wrong(format!("number out of range: {}", self.words()))),
            },
        }
    }

    naturals! { deserialize_u8 u8, deserialize_u16 u16, deserialize_u32 u32, deserialize_u64 u64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Bool(is) => visitor.visit_bool(is),
            _ => Err(self.expected("true or false")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.kind() {
            Kind::Text => visitor.visit_string(self.string()),
            _ => Err(self.expected("a text")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.kind() == Kind::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.kind() == Kind::List { self.list(visitor) } else { Err(self.expected("a list")) }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.kind() == Kind::Object { self.object(visitor) } else { Err(self.expected("an object")) }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, names: &'static [&'static str], visitor: V) -> Result<V::Value> {
        visitor.visit_enum(self.variant(names)?)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct ignored_any
    }
}

/// The items of a list that have not been asked for.
struct Items<'de> {
    rest: std::vec::IntoIter<Node<'de>>,
    number: usize,
}

impl Items<'_> {
    /// A mistake in the last item that was asked for.
    #[inline(never)]
    fn in_item(&self, item: Node<'_>, mistake: Mistake) -> Mistake {
        mistake.placed(item.at()).below(&format!("[{}]", self.number - 1))
    }
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        self.number += 1;
        seed.deserialize(item).map(Some).map_err(|mistake| self.in_item(item, mistake))
    }
}

/// The fields of an object that have not been asked for, and the one that was told of last.
struct Fields<'de> {
    rest: std::vec::IntoIter<(Node<'de>, Node<'de>)>,
    name: Node<'de>,
    value: Node<'de>,
    /// Whether the value has not been asked for.
    open: bool,
}

impl Fields<'_> {
    /// A mistake in the last value that was asked for.
    #[inline(never)]
    fn inside(&self, mistake: Mistake) -> Mistake {
        self.value.under(self.name, mistake)
    }

    /// A mistake in the object. Derived code refuses a second field of one name once it has the name, and before it asks for the value.
    #[inline(never)]
    fn beside(&self, mistake: Mistake) -> Mistake {
        if self.open { mistake.placed(self.name.at()) } else { mistake }
    }
}

impl<'de> de::MapAccess<'de> for &mut Fields<'de> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some((name, value)) = self.rest.next() else {
            self.open = false;
            return Ok(None);
        };
        (self.name, self.value, self.open) = (name, value, true);
        seed.deserialize(name).map(Some).map_err(|mistake| self.beside(mistake))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        self.open = false;
        seed.deserialize(self.value).map_err(|mistake| self.inside(mistake))
    }
}

/// A variant: its name, and what goes with it.
struct Variant<'de> {
    name: Node<'de>,
    content: Option<Node<'de>>,
}

impl<'de> Variant<'de> {
    /// What goes with it, which has to be there.
    #[inline(never)]
    fn content(&self) -> Result<Node<'de>> {
        let alone = || self.name.wrong(format!("`{}` needs something to go with it", self.name.string()));
        self.content.ok_or_else(alone)
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let variant = seed.deserialize(self.name).map_err(|mistake| mistake.placed(self.name.at()))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<()> {
        match self.content {
            None => Ok(()),
            Some(_) => Err(self.name.wrong(format!("`{}` stands alone", self.name.string()))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        let content = self.content()?;
        seed.deserialize(content).map_err(|mistake| content.under(self.name, mistake))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        let content = self.content()?;
        content.deserialize_seq(visitor).map_err(|mistake| content.under(self.name, mistake))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        let content = self.content()?;
        content.deserialize_map(visitor).map_err(|mistake| content.under(self.name, mistake))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::PRESETS;
    use crate::scenario::Scenario;

    fn ours(text: &str) -> Option<Scenario> {
        Node::read(text).ok().and_then(|root| read(root).ok())
    }

    fn theirs(text: &str) -> Option<Scenario> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn presets_are_read_as_serde_json_reads_them() {
        for preset in PRESETS {
            let text = preset.text().expect("it is included");
            assert_eq!(ours(text), Some(theirs(text).expect("a scenario")), "preset '{}'", preset.id);
        }
    }

    /// Links and files of version 1 are written as they always were.
    #[test]
    fn what_is_written_is_written_as_ever() {
        let text = include_str!("everything.json");
        let scenario = ours(text).expect("it is well formed");
        assert_eq!(scenario.to_json() + "\n", text);
    }

    /// One scenario with everything in it that can be written, changed in one place at a time: what `serde_json` reads is read, and
    /// nothing else.
    #[test]
    fn what_serde_json_refuses_is_refused() {
        let text = include_str!("everything.json");
        let whole = ours(text).expect("it is well formed");
        assert_eq!(Some(&whole), theirs(text).as_ref());
        assert_eq!(ours(&whole.to_json()), Some(whole));
        let mut refused = 0;
        for (at, c) in text.char_indices() {
            for change in ["", "7", "\"", "x", ",", "null", "[]"] {
                let changed = [&text[..at], change, &text[at + c.len_utf8()..]].concat();
                let (ours, theirs) = (ours(&changed), theirs(&changed));
                refused += usize::from(ours.is_none());
                // `serde_json` also takes a list for a structure; nothing else may differ.
                assert!(ours == theirs || ours.is_none() && change == "[]", "{changed}");
            }
        }
        assert!(refused > 5_000, "only {refused} texts were refused");
    }
}
