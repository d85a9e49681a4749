//! A dexterous hand of 24 joints, after Adroit (Rajeswaran et al. 2018), that turns a pen, opens a door or moves a ball.

/// What the hand has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HandTask {
    /// Turn a pen that lies in the palm into a direction.
    Pen,
    /// Turn a door's latch and open the door.
    Door,
    /// Take a ball from the table to a place in the air.
    Relocate,
}

impl HandTask {
    /// Control steps after which an episode times out.
    pub fn max_steps(self) -> usize {
        match self {
            Self::Pen => 100,
            Self::Door | Self::Relocate => 200,
        }
    }

    /// Length of an action: one target for each joint of hand and arm.
    pub fn action_size(self) -> usize {
        match self {
            Self::Pen => 24,
            Self::Door => 28,
            Self::Relocate => 30,
        }
    }
}
