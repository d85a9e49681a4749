//! jsrl
