//! The reader as a deserializer: what serde's derived code asks for, and no more.

use std::fmt::Display;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Mistake, Reader, Result, mistake};

impl Error for Mistake {
    fn custom<T: Display>(message: T) -> Mistake {
        Mistake(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Mistake {
        Mistake(match found {
            Unexpected::Other(what) => format!("invalid type: {what}, expected {expected}"),
            Unexpected::Signed(n) => format!("invalid type: integer `{n}`, expected {expected}"),
            Unexpected::Unsigned(n) => format!("invalid type: integer `{n}`, expected {expected}"),
            _ => format!("invalid type, expected {expected}"),
        })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Mistake {
        Mistake(match found {
            Unexpected::Signed(n) => format!("invalid value: integer `{n}`, expected {expected}"),
            Unexpected::Unsigned(n) => format!("invalid value: integer `{n}`, expected {expected}"),
            _ => format!("invalid value, expected {expected}"),
        })
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Mistake;

    /// Texts and numbers: nothing else stands where a scenario leaves a choice.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.next() {
            Some(b'"') => self.deserialize_str(visitor),
            _ => self.deserialize_i64(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.next() {
            Some(b't') => self.word("true").and_then(|()| visitor.visit_bool(true)),
            Some(b'f') => self.word("false").and_then(|()| visitor.visit_bool(false)),
            _ => Err(self.unexpected(&visitor)),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if !matches!(self.next(), Some(b'-' | b'0'..=b'9')) {
            return Err(self.unexpected(&visitor));
        }
        match self.integer()? {
            (false, n) => visitor.visit_u64(n),
            (true, n) => match 0_i64.checked_sub_unsigned(n) {
                Some(n) => visitor.visit_i64(n),
                None => mistake("number out of range"),
            },
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.next() != Some(b'"') {
            return Err(self.unexpected(&visitor));
        }
        visitor.visit_str(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.next() {
            Some(b'n') => self.word("null").and_then(|()| visitor.visit_none()),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.next() != Some(b'[') {
            return Err(self.unexpected(&visitor));
        }
        self.at += 1;
        visitor.visit_seq(Items { reader: self, first: true })
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        if self.next() != Some(b'{') {
            return Err(self.unexpected(&visitor));
        }
        self.at += 1;
        visitor.visit_map(Items { reader: self, first: true })
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value> {
        match self.next() {
            Some(b'"') => visitor.visit_enum(Variant { reader: self, bare: true }),
            Some(b'{') => {
                self.at += 1;
                let value = visitor.visit_enum(Variant { reader: self, bare: false })?;
                self.take(b'}').map(|()| value)
            }
            _ => Err(self.unexpected(&visitor)),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct map ignored_any
    }
}

/// The items of a list or an object.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.reader.more(b']', &mut self.first)? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if self.reader.more(b'}', &mut self.first)? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        self.reader.take(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

/// One of several: a bare name, or an object of one name and what belongs to it.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    bare: bool,
}

impl Variant<'_, '_> {
    fn content(&mut self, wanted: bool) -> Result<()> {
        match (self.bare, wanted) {
            (true, true) => mistake("this name needs something to go with it"),
            (false, false) => Err(self.reader.wrong("this name stands alone")),
            (true, false) => Ok(()),
            (false, true) => self.reader.take(b':'),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        seed.deserialize(&mut *self.reader).map(|name| (name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Mistake;

    fn unit_variant(mut self) -> Result<()> {
        self.content(false)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value> {
        self.content(true)?;
        seed.deserialize(self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, _: usize, visitor: V) -> Result<V::Value> {
        self.content(true)?;
        self.reader.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(mut self, fields: &'static [&'static str], visitor: V) -> Result<V::Value> {
        self.content(true)?;
        self.reader.deserialize_struct("", fields, visitor)
    }
}
