//! One line about an entry of the journal: what stands in the list, in its live events and in its JSON. Neither
//! bodies, headers, signatures nor session data get in here.

use serde::Serialize;

use crate::clock;
use crate::faults::{self, Outcome};
use crate::journal::{Call, Delivery, Entry, Event, Step};

/// An entry in one line.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) number: u64,
    /// ISO 8601, on the sandbox's clock.
    pub(super) time: String,
    pub(super) kind: Kind,
    /// The page about it.
    pub(super) href: Option<String>,
    /// For example `createVaultingSession`.
    pub(super) title: String,
    /// For example the path.
    pub(super) detail: String,
    pub(super) request_id: Option<String>,
    /// For example `SUCCESS`, `refused` or `vaulted`.
    pub(super) verdict: String,
    /// `S`, `F` or `U`, of a call whose client was told so.
    pub(super) status: Option<String>,
    pub(super) tone: Tone,
    /// For example `1.2 ms`.
    pub(super) duration: Option<String>,
    /// What was tried on the caller on purpose.
    pub(super) fault: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Call,
    Vaulting,
    Notification,
    Control,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [
        Self::Call,
        Self::Vaulting,
        Self::Notification,
        Self::Control,
    ];

    /// As in URLs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Vaulting => "vaulting",
            Self::Notification => "notification",
            Self::Control => "control",
        }
    }
}

/// How good the news is. Shown as a colour beside the words that say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tone {
    Good,
    Bad,
    /// Not known yet, or to be tried again.
    Wait,
    /// Neither.
    Note,
}

impl Tone {
    /// As a class of the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Wait => "wait",
            Self::Note => "note",
        }
    }
}

impl Summary {
    /// `is_known` says whether the vaultings of this entry are those of the running sandbox.
    pub(super) fn of(entry: &Entry, is_known: bool) -> Self {
        let blank = Self {
            number: entry.number,
            time: clock::text(entry.time),
            kind: kind(&entry.event),
            href: None,
            title: String::new(),
            detail: String::new(),
            request_id: None,
            verdict: String::new(),
            status: None,
            tone: Tone::Note,
            duration: None,
            fault: None,
        };
        match &entry.event {
            Event::Call(call) => of_call(call, blank),
            Event::Vaulting(step) => of_step(step, is_known, blank),
            Event::Notification(delivery) => of_delivery(delivery, blank),
            Event::Control { what } => Self {
                title: what.clone(),
                verdict: "change".into(),
                ..blank
            },
        }
    }

    /// The date, for example `2026-11-23`.
    pub(super) fn day(&self) -> &str {
        self.time.get(..10).unwrap_or(&self.time)
    }

    /// The time without its date, for example `12:00:00`.
    pub(super) fn time_of_day(&self) -> &str {
        self.time.get(11..19).unwrap_or(&self.time)
    }
}

fn of_call(call: &Call, blank: Summary) -> Summary {
    let path = call.target.split('?').next().unwrap_or_default();
    let (verdict, status, tone) = verdict_for_client(call);
    let api = path.rsplit('/').find(|part| !part.is_empty());
    Summary {
        href: Some(format!("/calls/{}", blank.number)),
        title: api.unwrap_or("/").to_owned(),
        detail: format!("{} {}", call.method, call.target),
        request_id: call.request_id.clone(),
        verdict,
        status,
        tone,
        duration: Some(duration(call.duration_micros)),
        fault: call.fault.clone(),
        ..blank
    }
}

/// The gateway's verdict, its status and how good it is, unless a fault kept the client from hearing it.
fn verdict_for_client(call: &Call) -> (String, Option<String>, Tone) {
    if is_spoilt(call) && call.http_status != 200 {
        let verdict = format!("HTTP {} to the client", call.http_status);
        return (verdict, None, Tone::Wait);
    }
    if is_spoilt(call) && call.status == "S" {
        return (format!("{}, spoilt", call.code), None, Tone::Wait);
    }
    let status = Some(call.status.clone());
    (call.code.clone(), status, tone_of_status(&call.status))
}

/// Whether a fault turned the answer into something that is an error for a client.
pub(super) fn is_spoilt(call: &Call) -> bool {
    let played = call.fault.as_deref().unwrap_or_default();
    faults::named_in(played).any(|fault| fault.outcome != Outcome::Value)
}

fn of_step(step: &Step, is_known: bool, blank: Summary) -> Summary {
    let (verdict, tone) = match step.status.as_str() {
        "SUCCESS" => ("vaulted", Tone::Good),
        "FAIL" => ("failed", Tone::Bad),
        _ => ("processing", Tone::Wait),
    };
    // The verdict stands beside it.
    let detail = step.what.strip_prefix(verdict).unwrap_or(&step.what);
    Summary {
        href: is_known.then(|| format!("/vaultings/{}", step.vaulting)),
        title: format!("Vaulting {}", step.vaulting),
        detail: detail.trim_start_matches(": ").to_owned(),
        request_id: Some(step.request_id.clone()),
        verdict: verdict.into(),
        tone,
        ..blank
    }
}

fn of_delivery(delivery: &Delivery, blank: Summary) -> Summary {
    let (verdict, tone) = match (delivery.acknowledged, delivery.next) {
        (true, _) => ("acknowledged".to_owned(), Tone::Good),
        (false, Some(next)) => {
            let next = clock::text(next);
            let time_of_day = next.get(11..16).unwrap_or(&next);
            (
                format!("not acknowledged, again at {time_of_day}"),
                Tone::Wait,
            )
        }
        (false, None) => ("not acknowledged".to_owned(), Tone::Bad),
    };
    Summary {
        href: Some(format!("/notifications/{}", blank.number)),
        title: format!("notifyVaulting, attempt {}", delivery.attempt),
        detail: delivery.url.clone(),
        request_id: delivery.request_id.clone(),
        verdict,
        tone,
        duration: Some(duration(delivery.duration_micros)),
        ..blank
    }
}

pub(super) fn kind(event: &Event) -> Kind {
    match event {
        Event::Call(_) => Kind::Call,
        Event::Vaulting(_) => Kind::Vaulting,
        Event::Notification(_) => Kind::Notification,
        Event::Control { .. } => Kind::Control,
    }
}

/// Of a `resultStatus`.
pub(super) fn tone_of_status(status: &str) -> Tone {
    match status {
        "S" => Tone::Good,
        "U" => Tone::Wait,
        _ => Tone::Bad,
    }
}

/// For example `1.2 ms`, or `3.4 s`.
pub(super) fn duration(micros: u64) -> String {
    let (unit, name) = if micros < 1_000_000 {
        (1_000, "ms")
    } else {
        (1_000_000, "s")
    };
    let tenths = micros.saturating_add(unit / 20) / (unit / 10);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (micros, text) in [
            (0, "0.0 ms"),
            (1_249, "1.2 ms"),
            (1_250, "1.3 ms"),
            (2_000_000, "2.0 s"),
        ] {
            assert_eq!(duration(micros), text);
        }
        assert!(duration(u64::MAX).ends_with(" s"));
    }
}
