//! Faults on purpose: which requests meet which, and how an answer is altered, delayed or broken on its way out.
//! Whoever sends the header or sets a rule gets what the list says; everybody else notices nothing.

mod answer;
mod gzip;
mod list;
mod plan;
mod routes;
mod rule;
mod script;
mod wire;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use antom_core::signature::SigningKey;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use tokio::sync::OnceCell;
use tokio::time::{Duration, sleep};

use crate::gateway::Sealed;
use crate::random::Random;
use list::{Change, Play, Time};

pub(crate) use answer::Asked;
pub use list::{FAULTS, Fault, Outcome, Parameter, Unit};
pub use plan::WrongFault;
pub(crate) use plan::{Plan, named_in};
pub(crate) use routes::routes;
pub use rule::FaultRule;
pub(crate) use wire::{Connection, OverTcp, Wire};

/// The request header that chooses faults for this one request.
pub(crate) const HEADER: &str = "x-sandbox-fault";
/// How many rules there can be at a time.
pub(crate) const MOST_RULES: usize = 100;
/// How many requests are counted for faults that end after some calls.
const MOST_COUNTED: usize = 1_000;
/// How long a silent connection is kept.
const LONGEST_SILENCE: Duration = Duration::from_mins(10);

/// The faults of a sandbox: its rules, and what must be remembered to play them.
pub(crate) struct Faults {
    /// The rules that it was started with, and has again after a reset.
    at_start: Vec<FaultRule>,
    state: Mutex<State>,
    /// Made when it is first needed, because that takes longer than a start may.
    wrong_key: OnceCell<SigningKey>,
}

#[derive(Default)]
struct State {
    newest: u64,
    /// In the order in which they were set.
    rules: Vec<Active>,
    counts: Counts,
}

struct Active {
    id: u64,
    rule: FaultRule,
    played: u64,
}

/// How often requests met a fault that ends after some calls.
#[derive(Default)]
struct Counts {
    calls: HashMap<Counted, u64>,
    /// The oldest in front.
    order: VecDeque<Counted>,
}

/// The hash of path and request id, which may be long.
type Counted = u64;

/// What decides about the faults of a request.
pub(crate) struct Choice<'a> {
    /// The value of [`HEADER`], several lines with a comma between them; `None` also where others than this machine
    /// sent it.
    pub(crate) header: Option<String>,
    /// Without the query.
    pub(crate) path: &'a str,
    pub(crate) request_id: Option<&'a str>,
}

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        let faults = Self {
            at_start: rules,
            state: Mutex::default(),
            wrong_key: OnceCell::new(),
        };
        faults.reset();
        faults
    }

    /// Forgets every rule but those that it was started with, and what was counted.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.counts = Counts::default();
        for rule in &self.at_start {
            state.add(rule.clone());
        }
    }

    /// The faults that a request meets: those of its header, or else those of the first rule that is about it and
    /// whose chance comes up.
    pub(crate) fn choose(&self, choice: &Choice<'_>, random: &Random) -> Result<Plan, WrongFault> {
        let asked_for = match &choice.header {
            Some(header) => Some(header.parse::<Plan>()?),
            None => None,
        };
        let mut state = self.state();
        let mut plan = asked_for.unwrap_or_else(|| state.by_rule(choice, random));
        let Some((Change::RefuseAtFirst(_), calls)) = plan.change() else {
            return Ok(plan);
        };
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        let request = hasher.hash_one((choice.path, choice.request_id));
        if state.counts.next(request) > calls {
            plan.leave_result();
        }
        Ok(plan)
    }

    /// A key that is not the gateway's, always the same one.
    pub(crate) async fn wrong_key(&self) -> &SigningKey {
        let make = || async {
            tokio::task::spawn_blocking(|| SigningKey::generate().signing_key)
                .await
                .expect("making a key does not panic")
        };
        self.wrong_key.get_or_init(make).await
    }

    /// Sets a rule and gives its id, or says that there are too many.
    fn add(&self, rule: FaultRule) -> Option<u64> {
        let mut state = self.state();
        (state.rules.len() < MOST_RULES).then(|| state.add(rule))
    }

    /// Whether there was such a rule.
    fn remove(&self, id: u64) -> bool {
        let mut state = self.state();
        let before = state.rules.len();
        state.rules.retain(|active| active.id != id);
        state.rules.len() < before
    }

    fn remove_all(&self) {
        self.state().rules.clear();
    }

    fn shown(&self) -> Vec<rule::Shown> {
        self.state().rules.iter().map(Active::shown).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, rule: FaultRule) -> u64 {
        self.newest += 1;
        self.rules.push(Active {
            id: self.newest,
            rule,
            played: 0,
        });
        self.newest
    }

    fn by_rule(&mut self, choice: &Choice<'_>, random: &Random) -> Plan {
        let place = self.rules.iter().position(|Active { rule, .. }| {
            rule.is_about(choice.path, choice.request_id)
                && rule.probability.is_none_or(|chance| random.chance(chance))
        });
        let Some(place) = place else {
            return Plan::default();
        };
        let active = &mut self.rules[place];
        active.played += 1;
        let plan = active.rule.plan.clone();
        if active.left() == Some(0) {
            self.rules.remove(place);
        }
        plan
    }
}

impl Active {
    /// How often it will still be played, if that is limited.
    fn left(&self) -> Option<u64> {
        let times = u64::from(self.rule.times?.get());
        Some(times.saturating_sub(self.played))
    }

    fn shown(&self) -> rule::Shown {
        rule::Shown {
            id: self.id,
            fault: self.rule.plan.to_string(),
            path: self.rule.path.clone(),
            request_id: self.rule.request_id.clone(),
            times: self.left(),
            probability: self.rule.probability,
            played: self.played,
        }
    }
}

impl Counts {
    /// Counts a call, and says the how-manieth it is.
    fn next(&mut self, request: Counted) -> u64 {
        if !self.calls.contains_key(&request) {
            if self.order.len() == MOST_COUNTED
                && let Some(oldest) = self.order.pop_front()
            {
                self.calls.remove(&oldest);
            }
            self.order.push_back(request);
        }
        let calls = self.calls.entry(request).or_default();
        *calls += 1;
        *calls
    }
}

impl Plan {
    /// Sends an answer at the time and in the form that the faults ask for.
    pub(crate) async fn send(self, sealed: Sealed, asked: &Asked<'_>) -> Response {
        match self.time() {
            Some((Time::Delay, delay)) => sleep(delay).await,
            Some((Time::Silence, _)) => sleep(LONGEST_SILENCE).await,
            None => {}
        }
        let (Some(script), Some(connection)) = (self.script(&sealed, asked), asked.connection)
        else {
            return sealed.into_response();
        };
        connection.arm(script);
        Response::new(Body::empty())
    }
}

impl Fault {
    /// Which part of an answer it changes: `answer`, `time` or `bytes`. Faults of different parts can be combined.
    pub fn part(&self) -> &'static str {
        match self.play {
            Play::Answer(_) => "answer",
            Play::Time(_) => "time",
            Play::Bytes(_) => "bytes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/ams/api/v1/vaults/createVaultingSession";

    fn faults(rules: &[&str]) -> Faults {
        Faults::new(rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    fn choose(faults: &Faults, request_id: &str) -> String {
        let choice = Choice {
            header: None,
            path: PATH,
            request_id: Some(request_id),
        };
        let random = Random::new(Some(1));
        faults.choose(&choice, &random).unwrap().to_string()
    }

    #[test]
    fn the_first_rule_that_is_about_a_request_counts_and_vanishes_when_it_is_used_up() {
        let faults = faults(&["http-500#2", "http-502*2", "http-503"]);
        let chosen = ["1", "2", "1", "1", "2"].map(|id| choose(&faults, id));
        assert_eq!(
            chosen,
            ["http-502", "http-500", "http-502", "http-503", "http-500"]
        );
        let left: Vec<_> = faults.shown().iter().map(|rule| rule.id).collect();
        assert_eq!(left, [1, 3]);
        assert_eq!(faults.shown()[0].played, 2);
    }

    #[test]
    fn a_header_comes_before_every_rule_and_uses_none_up() {
        let faults = faults(&["http-500*1"]);
        let choice = Choice {
            header: Some("delay=0s,drip".to_owned()),
            path: PATH,
            request_id: None,
        };
        let plan = faults.choose(&choice, &Random::new(None)).unwrap();
        assert_eq!(plan.to_string(), "delay=0s,drip=2s");
        assert_eq!(choose(&faults, "1"), "http-500");
        assert_eq!(choose(&faults, "1"), "");
    }

    #[test]
    fn first_calls_are_counted_for_each_request_and_no_more_than_so_many_requests() {
        let faults = faults(&["unknown-then-success=2"]);
        let chosen = |id: &str| !choose(&faults, id).is_empty();
        assert_eq!(
            ["1", "2", "1", "2", "1", "2"].map(chosen),
            [true, true, true, true, false, false]
        );
        for id in 0..MOST_COUNTED {
            chosen(&format!("other {id}"));
        }
        assert!(chosen("1"));
        let counts = &faults.state().counts;
        assert_eq!(
            (counts.calls.len(), counts.order.len()),
            (MOST_COUNTED, MOST_COUNTED)
        );
    }

    #[test]
    fn a_chance_comes_up_as_the_seed_says() {
        let play = |seed| {
            let (faults, random) = (faults(&["http-500%30"]), Random::new(Some(seed)));
            let choice = Choice {
                header: None,
                path: PATH,
                request_id: None,
            };
            let one = || !faults.choose(&choice, &random).unwrap().is_empty();
            (0..1000).map(|_| one()).collect::<Vec<_>>()
        };
        let one = play(1);
        assert_eq!(one, play(1));
        assert_ne!(one, play(2));
        let hits = one.iter().filter(|hit| **hit).count();
        assert!((200..400).contains(&hits), "{hits}");
    }

    #[test]
    fn rules_are_bounded_and_a_reset_brings_back_those_of_the_start() {
        let faults = faults(&["http-500*1"]);
        choose(&faults, "1");
        for _ in 0..MOST_RULES {
            assert!(faults.add("drip".parse().unwrap()).is_some());
        }
        assert_eq!(faults.add("drip".parse().unwrap()), None);
        faults.reset();
        let left: Vec<_> = faults.shown().into_iter().map(|rule| rule.fault).collect();
        assert_eq!(left, ["http-500"]);
    }
}
