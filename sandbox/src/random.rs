//! Where ids, tokens and chances come from: the operating system, or a seed, for runs that can be repeated.
//! Nothing here is a key.

use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fastrand::Rng;

/// A source of random values; with a seed, the same ones in the same order.
pub(crate) struct Random {
    seed: Option<u64>,
    generator: Mutex<Rng>,
}

impl Random {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self {
            seed,
            generator: Mutex::new(generator(seed)),
        }
    }

    /// Begins the same sequence again, if there is a seed.
    pub(crate) fn reset(&self) {
        *self.generator() = generator(self.seed);
    }

    /// This many random bytes in base64.
    pub(crate) fn base64<const BYTES: usize>(&self) -> String {
        let mut bytes = [0; BYTES];
        if self.seed.is_some() {
            self.generator().fill(&mut bytes);
        } else {
            aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random numbers");
        }
        BASE64_STANDARD.encode(bytes)
    }

    /// A number from 0 up to, not including, `end`.
    pub(crate) fn below(&self, end: u32) -> u32 {
        self.generator().u32(..end)
    }

    /// True with this probability, from 0 to 1.
    pub(crate) fn chance(&self, probability: f64) -> bool {
        self.generator().f64() < probability
    }

    fn generator(&self) -> std::sync::MutexGuard<'_, Rng> {
        self.generator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn generator(seed: Option<u64>) -> Rng {
    seed.map_or_else(Rng::new, Rng::with_seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_values_and_none_makes_others() {
        let values = |random: &Random| {
            (
                random.base64::<48>(),
                random.below(1000),
                random.chance(0.5),
            )
        };
        let (one, two) = (Random::new(Some(7)), Random::new(Some(7)));
        let first = values(&one);
        assert_eq!(first, values(&two));
        assert_ne!(first, values(&one));
        one.reset();
        assert_eq!(first, values(&one));
        assert_ne!(values(&Random::new(None)), values(&Random::new(None)));
    }
}
