//! How Go reads and writes what is not there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `null` and a missing key both mean the type's empty value, as in Go.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// An empty list is written as `null`: what Go writes for a slice that was never set.
pub(super) fn null_when_empty<S: Serializer, T: Serialize>(
    list: &[T],
    to: S,
) -> Result<S::Ok, S::Error> {
    if list.is_empty() { to.serialize_none() } else { list.serialize(to) }
}
