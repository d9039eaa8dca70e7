//! Which entries a reader wants to see, as it stands in the query of a URL.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::summary::{Kind, kind};
use crate::journal::{Call, Entry, Event};

/// How many entries are shown where no number is asked for.
const USUAL: usize = 100;
/// How many entries are shown at most: as many as the journal keeps.
const MOST: usize = 1_000;
/// The longest text that is looked for, in characters.
const LONGEST_SEARCH: usize = 200;

/// A query as it came.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    status: String,
    /// Also by the name that many searches have.
    #[serde(default, alias = "q")]
    search: String,
    #[serde(default)]
    limit: String,
    #[serde(default)]
    before: String,
    /// Of live events: the number of the last entry that is already there.
    #[serde(default)]
    pub(super) after: String,
}

/// What is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) kind: Option<Kind>,
    pub(super) status: Option<Status>,
    /// As it was typed.
    pub(super) search: String,
    pub(super) limit: usize,
    /// Only entries with smaller numbers.
    pub(super) before: Option<u64>,
}

/// How it must have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Whatever is not a success: refusals, failed vaultings, notifications that were not acknowledged, faults.
    Failed,
    /// Calls with this `resultStatus`.
    Result(&'static str),
}

impl Status {
    const ALL: [(&'static str, Self); 4] = [
        ("failed", Self::Failed),
        ("S", Self::Result("S")),
        ("F", Self::Result("F")),
        ("U", Self::Result("U")),
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Result(letter) => letter,
        }
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            kind: None,
            status: None,
            search: String::new(),
            limit: USUAL,
            before: None,
        }
    }
}

impl Filter {
    /// Reads a query, or says what cannot be read.
    pub(super) fn read(query: &Query) -> Result<Self, String> {
        let kind = match query.kind.as_str() {
            "" => None,
            name => Some(
                Kind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == name)
                    .ok_or("kind is call, vaulting, notification or control")?,
            ),
        };
        let status = match query.status.as_str() {
            "" => None,
            name => Some(
                Status::ALL
                    .into_iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, status)| status)
                    .ok_or("status is failed, S, F or U")?,
            ),
        };
        let limit = match query.limit.as_str() {
            "" => USUAL,
            text => text
                .parse()
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(|| format!("limit is a number from 1 to {MOST}"))?,
        };
        let before = match query.before.as_str() {
            "" => None,
            text => Some(
                text.parse()
                    .map_err(|_| "before is the number of an entry")?,
            ),
        };
        Ok(Self {
            kind,
            status,
            search: query.search.trim().chars().take(LONGEST_SEARCH).collect(),
            limit,
            before,
        })
    }

    /// Whether the entry is one of those, wherever in the list it stands.
    pub(super) fn admits(&self, entry: &Entry) -> bool {
        self.kind.is_none_or(|wanted| kind(&entry.event) == wanted)
            && self.status.is_none_or(|status| has_status(entry, status))
            && contains(entry, &self.search)
    }

    /// Whether nothing is left out.
    pub(super) fn is_open(&self) -> bool {
        self.kind.is_none() && self.status.is_none() && self.search.is_empty()
    }

    /// With `?` in front, or empty. Without the place in the list.
    pub(super) fn to_query(&self) -> String {
        let limit = (self.limit != USUAL).then(|| self.limit.to_string());
        let parts = [
            ("kind", self.kind.map(Kind::name)),
            ("status", self.status.map(Status::name)),
            ("search", Some(self.search.as_str())),
            ("limit", limit.as_deref()),
        ];
        let parts: Vec<_> = parts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)))
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        if parts.is_empty() {
            return String::new();
        }
        format!("?{}", parts.join("&"))
    }
}

fn has_status(entry: &Entry, status: Status) -> bool {
    match (status, &entry.event) {
        (Status::Result(letter), Event::Call(call)) => call.status == letter,
        (Status::Result(_), _) | (Status::Failed, Event::Control { .. }) => false,
        (Status::Failed, Event::Call(call)) => call.status != "S" || call.fault.is_some(),
        (Status::Failed, Event::Vaulting(step)) => step.status == "FAIL",
        (Status::Failed, Event::Notification(delivery)) => !delivery.acknowledged,
    }
}

/// Looks for the text in what names an entry, not in its messages.
fn contains(entry: &Entry, search: &str) -> bool {
    if search.is_empty() {
        return true;
    }
    let wanted = search.to_lowercase();
    let found = |text: &str| text.to_lowercase().contains(&wanted);
    let maybe = |text: &Option<String>| text.as_deref().is_some_and(found);
    match &entry.event {
        Event::Call(call) => {
            found(&call.code) || found(&call.target) || found(&call.method) || names(call, &maybe)
        }
        Event::Vaulting(step) => found(&step.request_id) || found(&step.what),
        Event::Notification(delivery) => {
            maybe(&delivery.request_id) || found(&delivery.url) || found(&delivery.outcome)
        }
        Event::Control { what } => found(what),
    }
}

fn names(call: &Call, found: &impl Fn(&Option<String>) -> bool) -> bool {
    [&call.request_id, &call.client_id, &call.reason, &call.fault]
        .into_iter()
        .any(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, value: &str) -> Query {
        let mut query = Query::default();
        let field = match name {
            "kind" => &mut query.kind,
            "status" => &mut query.status,
            "search" => &mut query.search,
            "limit" => &mut query.limit,
            _ => &mut query.before,
        };
        value.clone_into(field);
        query
    }

    #[test]
    fn a_filter_is_a_query_and_back() {
        let filter = Filter {
            kind: Some(Kind::Call),
            status: Some(Status::Result("F")),
            search: "a&b=\"c\" é".into(),
            limit: 5,
            before: None,
        };
        assert_eq!(
            filter.to_query(),
            "?kind=call&status=F&search=a%26b%3D%22c%22%20%C3%A9&limit=5"
        );
        assert_eq!(Filter::default().to_query(), "");
        assert!(Filter::default().is_open());
        let read = Filter::read(&query("search", "  x ")).unwrap();
        assert_eq!(read.search, "x");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (name, value) in [
            ("kind", "calls"),
            ("status", "s"),
            ("limit", "0"),
            ("limit", "1001"),
            ("limit", "-1"),
            ("before", "x"),
        ] {
            let problem = Filter::read(&query(name, value)).unwrap_err();
            assert!(problem.starts_with(name), "{problem}");
        }
        let long = Filter::read(&query("search", &"é".repeat(300))).unwrap();
        assert_eq!(long.search.chars().count(), LONGEST_SEARCH);
    }
}
