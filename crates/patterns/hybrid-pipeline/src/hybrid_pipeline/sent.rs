//! What can go to another process and come back, and how that is found out.

use std::any::type_name;

use serde::de::DeserializeOwned;
use serde::ser::Serialize;

/// What can go to another process and come back.
///
/// It is written in postcard's format, which does not describe itself, so serde's `flatten`,
/// `untagged`, `tag` and `skip_serializing_if` do not work in it.
pub trait Sent: Serialize + DeserializeOwned + Send + 'static {}

impl<T: Serialize + DeserializeOwned + Send + 'static> Sent for T {}

/// The bytes to send. Panics, with the name of the type, if another value would be read from them.
pub(super) fn write<T: Sent>(value: &T) -> Vec<u8> {
    let refusal = format!("a `{}` cannot go to another process", type_name::<T>());
    let bytes = postcard::to_stdvec(value).expect(&refusal);
    let read: T = postcard::from_bytes(&bytes).expect(&refusal);
    // Sums and lengths: a `HashMap` that is read may have another order.
    assert_eq!(sum(&read), sum(value), "{refusal}");
    // What is written alike may be shown otherwise. To show megabytes would take too long.
    if bytes.len() < 1 << 20 {
        assert_eq!(shown(&read), shown(value), "{refusal}");
    }
    bytes
}

/// The sum of the bytes in which it is written, or none if it cannot be.
fn sum<T: Serialize>(value: &T) -> Option<u64> {
    let bytes = postcard::to_stdvec(value).ok()?;
    Some(bytes.iter().map(|byte| 1 + u64::from(*byte)).sum())
}

/// The length in which it is shown.
fn shown<T: Serialize>(value: &T) -> usize {
    format!("{:?}", serde_fmt::to_debug(value)).len()
}
