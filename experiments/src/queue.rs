//! The runs that are still to be made, shared by those who make them.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

/// What to do about a run that cannot be made now: another one is at it, or at one that it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Put it off.
    Skip,
    /// Wait: nothing else is left.
    Wait,
}

/// Jobs in their order; those put off come first again whenever a run has ended.
pub(crate) struct Queue<J>(Mutex<Lists<J>>);

struct Lists<J> {
    waiting: VecDeque<J>,
    put_off: VecDeque<J>,
}

impl<J> Queue<J> {
    /// Jobs in the order in which they are to be made.
    pub(crate) fn new(jobs: impl IntoIterator<Item = J>) -> Self {
        Self(Mutex::new(Lists { waiting: jobs.into_iter().collect(), put_off: VecDeque::new() }))
    }

    fn lists(&self) -> MutexGuard<'_, Lists<J>> {
        self.0.lock().expect("nobody panics over a list")
    }

    /// The next job to try; none where all are made or under way.
    pub(crate) fn next(&self) -> Option<(J, Busy)> {
        let mut lists = self.lists();
        let next = lists.waiting.pop_front().map(|job| (job, Busy::Skip));
        next.or_else(|| lists.put_off.pop_front().map(|job| (job, Busy::Wait)))
    }

    /// Takes back a job that is busy.
    pub(crate) fn put_off(&self, job: J) {
        self.lists().put_off.push_back(job);
    }

    /// A run has ended, for which others may have waited.
    pub(crate) fn ended(&self) {
        let Lists { waiting, put_off } = &mut *self.lists();
        put_off.append(waiting);
        std::mem::swap(put_off, waiting);
    }

    /// Nothing more is to be made.
    pub(crate) fn clear(&self) {
        let Lists { waiting, put_off } = &mut *self.lists();
        waiting.clear();
        put_off.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_off_keeps_its_place() {
        let queue = Queue::new(["guide", "jsrl", "control", "next seed"]);
        assert_eq!(queue.next(), Some(("guide", Busy::Skip)), "the first worker's");
        assert_eq!(queue.next(), Some(("jsrl", Busy::Skip)), "the second one's");
        queue.put_off("jsrl");
        assert_eq!(queue.next(), Some(("control", Busy::Skip)), "it needs no guide");
        queue.ended();
        assert_eq!(queue.next(), Some(("jsrl", Busy::Skip)), "before other seeds");
        queue.put_off("jsrl");
        assert_eq!(queue.next(), Some(("next seed", Busy::Skip)));
        assert_eq!(queue.next(), Some(("jsrl", Busy::Wait)), "nothing else is left");
        assert_eq!(queue.next(), None);
        queue.put_off("jsrl");
        queue.clear();
        assert_eq!(queue.next(), None);
    }
}
