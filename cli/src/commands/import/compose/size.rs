//! How many values a YAML document has, with those that its aliases repeat: a small file can have billions.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use std::{cell::Cell, fmt};

/// The most values of a document.
const MAX_VALUES: usize = 200_000;

/// Whether a document has more values than anybody writes. One that cannot be read has not.
pub fn is_too_large(text: &str) -> bool {
    let left = Cell::new(MAX_VALUES);
    let _ = Values(&left).deserialize(serde_yaml_ng::Deserializer::from_str(text));
    left.get() == 0
}

/// Counts values, and keeps none. The content is how many more there may be.
#[derive(Clone, Copy)]
struct Values<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Values<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.set(self.0.get().saturating_sub(1));
        if self.0.get() == 0 {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Values<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while entries.next_key_seed(self)?.is_some() {
            entries.next_value_seed(self)?;
        }
        Ok(())
    }

    /// A value with a tag.
    fn visit_enum<A: EnumAccess<'de>>(self, value: A) -> Result<(), A::Error> {
        let (_, content) = value.variant::<IgnoredAny>()?;
        content.newtype_variant_seed(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_count_as_what_they_repeat() {
        let list = "x,".repeat(10_000);
        let with_aliases = |count: usize| {
            let aliases = "*a,".repeat(count);
            format!("a: &a [{list}]\nb: [{aliases}]\nc: !tag {{d: [1, -1, 0.5, true, ~]}}\n")
        };
        assert!(!is_too_large(&with_aliases(10)));
        assert!(is_too_large(&with_aliases(20)));
        assert!(is_too_large(&with_aliases(10_000)));
        assert!(!is_too_large("a: ["), "it is reported when it is read");
    }
}
