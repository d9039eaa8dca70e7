//! Says on standard error what became of the attempts of a call that needed several. Nothing where the first one
//! was enough.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use antom_core::{AttemptEnded, CallEnded, Observer};

/// How each attempt of the running call ended.
#[derive(Default)]
pub(crate) struct Attempts(Mutex<Vec<String>>);

impl Observer for Attempts {
    fn attempt(&self, attempt: &AttemptEnded<'_>) {
        let ended = match (attempt.error, attempt.http_status, &attempt.result_code) {
            (None, _, _) => "success".to_owned(),
            (Some(_), Some(200), Some(code)) => code.replace(char::is_control, " "),
            (Some(_), Some(status), _) if status != 200 => format!("HTTP {status}"),
            (Some(kind), _, _) => kind.name().to_owned(),
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(format!("{} {ended}", attempt.number));
    }

    fn end(&self, call: &CallEnded<'_>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::mem::take(&mut *all);
        if call.attempts > 1 {
            // Nothing can be done if nobody reads it.
            let _ = writeln!(io::stderr(), "attempts: {}", all.join(", "));
        }
    }
}
