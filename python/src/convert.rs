//! Python values to Rust values. A wrong type is a `TypeError` that names the argument; text that cannot be
//! written as UTF-8 is an `InvalidArgumentError`. No message here shows the value itself.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use antom_core::signature::KeyInput;
use antom_core::{Error, Product, Region, metadata_text};
use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDateTime, PyDelta, PyFloat, PyInt, PyMapping, PyString};

use crate::callbacks::Callable;
use crate::error::raise;

type Value<'py> = Bound<'py, PyAny>;

/// `str`.
pub(crate) fn text(name: &str, value: &Value<'_>) -> PyResult<String> {
    let text = value
        .cast::<PyString>()
        .map_err(|_| wrong_type(name, "str", value))?;
    text.to_str()
        .map(str::to_owned)
        .map_err(|_| lone_surrogate(name, value.py()))
}

/// The text of a `request-time` header: `str` as it is, or an aware `datetime` in milliseconds since 1970.
pub(crate) fn request_time(name: &str, value: &Value<'_>) -> PyResult<String> {
    let Ok(time) = value.cast::<PyDateTime>() else {
        return match value.cast::<PyString>() {
            Ok(_) => text(name, value),
            Err(_) => Err(wrong_type(name, "str or datetime", value)),
        };
    };
    let py = value.py();
    if time.call_method0(intern!(py, "utcoffset"))?.is_none() {
        let problem = format!("{name} must be an aware datetime: give it a time zone");
        return Err(invalid(py, problem));
    }
    let seconds: f64 = time.call_method0(intern!(py, "timestamp"))?.extract()?;
    Ok(format!("{:.0}", (seconds * 1000.0).round()))
}

/// A callable, for a setting that takes nothing else.
pub(crate) fn callable(name: &str, value: &Value<'_>) -> PyResult<Callable> {
    if value.is_callable() {
        Ok(Callable::new(value))
    } else {
        Err(wrong_type(name, "callable", value))
    }
}

/// `bool`, and nothing that is merely true or false in a condition.
pub(crate) fn flag(name: &str, value: &Value<'_>) -> PyResult<bool> {
    value
        .cast::<PyBool>()
        .map(PyBoolMethods::is_true)
        .map_err(|_| wrong_type(name, "bool", value))
}

/// `bytes` as they are, or `str` as UTF-8.
pub(crate) fn body(name: &str, value: &Value<'_>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        Ok(bytes.as_bytes().to_vec())
    } else if value.is_instance_of::<PyString>() {
        text(name, value).map(String::into_bytes)
    } else {
        Err(wrong_type(name, "bytes or str", value))
    }
}

/// `bytes` as they are. The signature covers what came, so text, which somebody has decoded, is refused.
pub(crate) fn bytes(name: &str, value: &Value<'_>) -> PyResult<Vec<u8>> {
    let bytes = value
        .cast::<PyBytes>()
        .map_err(|_| wrong_type(name, "bytes", value))?;
    Ok(bytes.as_bytes().to_vec())
}

/// The headers that came: a mapping, anything else that has `items()`, or pairs. Names and values are `str` or `bytes`.
pub(crate) fn headers(name: &str, value: &Value<'_>) -> PyResult<Vec<(String, Vec<u8>)>> {
    let expected = "a mapping, or pairs, of str or bytes";
    let is_one_text = value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>();
    let pairs = match value.getattr_opt(intern!(value.py(), "items"))? {
        Some(items) => items.call0()?,
        None => value.clone(),
    };
    let pairs = match pairs.try_iter() {
        Ok(pairs) if !is_one_text => pairs,
        _ => return Err(wrong_type(name, expected, value)),
    };
    let mut headers = Vec::new();
    for pair in pairs {
        let pair = pair?;
        let (header, text): (Value<'_>, Value<'_>) = pair
            .extract()
            .map_err(|_| wrong_type(&format!("an item of {name}"), "a pair", &pair))?;
        headers.push((
            // A name that is not UTF-8 is none of those that matter.
            String::from_utf8_lossy(&header_part(name, &header)?).into_owned(),
            header_part(name, &text)?,
        ));
    }
    Ok(headers)
}

/// Text that cannot be UTF-8 stays in a form that is none: it only matters in a header that matters.
fn header_part(name: &str, value: &Value<'_>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    let text = value
        .cast::<PyString>()
        .map_err(|_| wrong_type(&format!("a name or value in {name}"), "str or bytes", value))?;
    match text.to_str() {
        Ok(text) => Ok(text.as_bytes().to_vec()),
        Err(_) => text
            .call_method1(intern!(value.py(), "encode"), ("utf-8", "surrogatepass"))?
            .extract(),
    }
}

/// Seconds, or a `timedelta`. What no duration can be is turned into zero or the longest one there is, and the
/// core refuses both.
pub(crate) fn duration(name: &str, value: &Value<'_>) -> PyResult<Duration> {
    let is_number = value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>();
    let seconds = if value.is_instance_of::<PyDelta>() {
        value.call_method0("total_seconds")?.extract()?
    } else if is_number && !value.is_instance_of::<PyBool>() {
        // An integer too large for a float is an OverflowError.
        value.extract().unwrap_or(f64::MAX)
    } else {
        return Err(wrong_type(name, "seconds or a timedelta", value));
    };
    Ok(match Duration::try_from_secs_f64(seconds) {
        Ok(duration) => duration,
        Err(_) if seconds > 0.0 => Duration::MAX,
        Err(_) => Duration::ZERO,
    })
}

/// A whole number; more than fits is as good as the largest there is.
pub(crate) fn count(name: &str, value: &Value<'_>) -> PyResult<u32> {
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(wrong_type(name, "an int", value));
    }
    if value.lt(0)? {
        return Err(invalid(value.py(), format!("{name} must not be negative")));
    }
    Ok(value.extract().unwrap_or(u32::MAX))
}

/// `"apo"` or `"ams"`.
pub(crate) fn product(name: &str, value: &Value<'_>) -> PyResult<Product> {
    match text(name, value)?.as_str() {
        "apo" => Ok(Product::Apo),
        "ams" => Ok(Product::Ams),
        _ => Err(invalid(
            value.py(),
            format!("{name} must be 'apo' or 'ams'"),
        )),
    }
}

/// The name of a region.
pub(crate) fn region(name: &str, value: &Value<'_>) -> PyResult<Region> {
    let wanted = text(name, value)?;
    let find = |region: &&Region| region.name() == wanted;
    Region::ALL.iter().find(find).copied().ok_or_else(|| {
        let names: Vec<_> = Region::ALL.iter().map(|region| region.name()).collect();
        invalid(
            value.py(),
            format!("{name} must be one of {}", names.join(", ")),
        )
    })
}

/// The content of a key or certificate, or the file with it.
pub(crate) enum Source {
    Text(String),
    Bytes(Vec<u8>),
    Path(PathBuf),
}

impl Source {
    pub(crate) fn into_key(self) -> KeyInput {
        match self {
            Self::Text(text) => KeyInput::text(text),
            Self::Bytes(bytes) => KeyInput::bytes(bytes),
            Self::Path(path) => KeyInput::path(path),
        }
    }
}

/// `str`, `bytes` or `os.PathLike`.
pub(crate) fn source(name: &str, value: &Value<'_>) -> PyResult<Source> {
    source_or(name, "str, bytes or os.PathLike", value)
}

/// As [`source`], for a setting that takes something else as well.
pub(crate) fn source_or(name: &str, expected: &str, value: &Value<'_>) -> PyResult<Source> {
    if value.is_instance_of::<PyString>() {
        return text(name, value).map(Source::Text);
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Source::Bytes(bytes.as_bytes().to_vec()));
    }
    if !value.hasattr("__fspath__")? {
        return Err(wrong_type(name, expected, value));
    }
    value.extract().map(Source::Path).map_err(|error| {
        if error.is_instance_of::<PyUnicodeEncodeError>(value.py()) {
            lone_surrogate(name, value.py())
        } else {
            error
        }
    })
}

/// Keys by their `keyVersion`.
pub(crate) fn keys(name: &str, value: &Value<'_>) -> PyResult<Vec<(String, KeyInput)>> {
    let mapping = value
        .cast::<PyMapping>()
        .map_err(|_| wrong_type(name, "a mapping of key versions to keys", value))?;
    let mut keys = Vec::new();
    for item in mapping.items()? {
        let (version, key): (Value<'_>, Value<'_>) = item.extract()?;
        keys.push((
            text(&format!("a key version of {name}"), &version)?,
            source(&format!("a key of {name}"), &key)?.into_key(),
        ));
    }
    Ok(keys)
}

/// `passThroughMetadata`: `str` as it is, or a mapping of `str` to `str` as JSON text.
pub(crate) fn metadata(name: &str, value: &Value<'_>) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        return text(name, value);
    }
    let mapping = value
        .cast::<PyMapping>()
        .map_err(|_| wrong_type(name, "str or a mapping of str to str", value))?;
    let mut entries = BTreeMap::new();
    for item in mapping.items()? {
        let (key, value): (Value<'_>, Value<'_>) = item.extract()?;
        entries.insert(
            text(&format!("a key of {name}"), &key)?,
            text(&format!("a value of {name}"), &value)?,
        );
    }
    Ok(metadata_text(&entries))
}

fn wrong_type(name: &str, expected: &str, value: &Value<'_>) -> PyErr {
    match value.get_type().name() {
        Ok(actual) => PyTypeError::new_err(format!("{name} must be {expected}, not {actual}")),
        Err(error) => error,
    }
}

fn lone_surrogate(name: &str, py: Python<'_>) -> PyErr {
    invalid(
        py,
        format!("{name} holds a lone surrogate: it is not text that can be written as UTF-8"),
    )
}

fn invalid(py: Python<'_>, problem: String) -> PyErr {
    raise(py, &Error::invalid_argument(problem))
}
