//! Scalars as TensorBoard event files, so that a running experiment can be watched with `tensorboard --logdir`.
//!
//! The format is two small ones inside each other, written here by hand because the published crates for it are no
//! longer kept up:
//!
//! - A file is a row of `TFRecord`s: length (u64), masked CRC of the length, data, masked CRC of the data, all
//!   little-endian. The CRC is CRC-32C, masked as `rotate_right(crc, 15) + 0xa282ead8`
//!   (`tensorflow/core/lib/io/record_writer.h` and `lib/hash/crc32c.h`).
//! - Each record is an `Event` message in protobuf's wire format, with the field numbers of
//!   `tensorflow/core/util/event.proto` and `framework/summary.proto`.
//!
//! Times are given by the caller, since the clock is elsewhere.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rl::{Diagnostics, EpisodeScores};

use crate::{clock, record::Evaluation};

/// Appends scalars to one event file, each at once, so that readers see it and a killed run has lost nothing.
pub(crate) struct EventWriter {
    file: File,
    path: PathBuf,
}

impl EventWriter {
    /// Starts an event file in `directory`, which is made if needed. `wall_time` is in seconds since 1970; it is part
    /// of the file's name, by which TensorBoard orders the files of a continued run.
    pub(crate) fn create(directory: &Path, wall_time: f64) -> Result<Self> {
        fs::create_dir_all(directory).with_context(|| format!("cannot make {}", directory.display()))?;
        // TensorBoard reads any file whose name contains "tfevents".
        let path = directory.join(format!("events.out.tfevents.{wall_time:017.6}"));
        let file = File::create_new(&path).with_context(|| format!("cannot create {}", path.display()))?;
        let mut writer = Self { file, path };
        let version =
            Message::default().double(event::WALL_TIME, wall_time).bytes(event::FILE_VERSION, b"brain.Event:2");
        writer.record(&version.0)?;
        Ok(writer)
    }

    /// Adds a value to the curve `tag` at `step` (control steps or updates), measured at `wall_time` (s since 1970).
    pub(crate) fn scalar(&mut self, tag: &str, step: u64, value: f32, wall_time: f64) -> Result<()> {
        let value = Message::default().bytes(value::TAG, tag.as_bytes()).float(value::SIMPLE_VALUE, value);
        let summary = Message::default().bytes(summary::VALUE, &value.0);
        let event = Message::default()
            .double(event::WALL_TIME, wall_time)
            .varint(event::STEP, step)
            .bytes(event::SUMMARY, &summary.0);
        self.record(&event.0)
    }

    fn record(&mut self, data: &[u8]) -> Result<()> {
        let length = (data.len() as u64).to_le_bytes();
        let parts: [&[u8]; 4] = [&length, &masked_crc(&length).to_le_bytes(), data, &masked_crc(data).to_le_bytes()];
        self.file.write_all(&parts.concat()).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Adds what an update tells of itself, where somebody wants to see it.
pub(crate) fn log_diagnostics(log: &mut Option<EventWriter>, step: usize, diagnostics: &Diagnostics) -> Result<()> {
    let Some(log) = log else { return Ok(()) };
    for (name, values) in &diagnostics.0 {
        log.scalar(&format!("train/{name}"), step as u64, values[0], clock::unix_seconds())?;
    }
    Ok(())
}

/// Adds an evaluation, where somebody wants to see it.
pub(crate) fn log_evaluation(log: &mut Option<EventWriter>, evaluation: &Evaluation) -> Result<()> {
    let Some(log) = log else { return Ok(()) };
    let Evaluation { step, horizon, alone, combined } = evaluation;
    let scalars = [
        ("evaluation/success_alone", alone.as_ref().map(EpisodeScores::success_rate)),
        ("evaluation/success_combined", combined.as_ref().map(EpisodeScores::success_rate)),
        ("evaluation/guide_horizon", horizon.map(|horizon| horizon as f32)),
    ];
    for (name, value) in scalars {
        if let Some(value) = value {
            log.scalar(name, *step as u64, value, clock::unix_seconds())?;
        }
    }
    Ok(())
}

/// Field numbers of the message `Event`.
mod event {
    pub(super) const WALL_TIME: u64 = 1;
    pub(super) const STEP: u64 = 2;
    pub(super) const FILE_VERSION: u64 = 3;
    pub(super) const SUMMARY: u64 = 5;
}

/// Field numbers of the message `Summary`.
mod summary {
    pub(super) const VALUE: u64 = 1;
}

/// Field numbers of the message `Summary.Value`.
mod value {
    pub(super) const TAG: u64 = 1;
    pub(super) const SIMPLE_VALUE: u64 = 2;
}

/// A protobuf message under construction: each field is (number << 3 | wire type) and its content.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(self, field: u64, value: u64) -> Self {
        self.raw_varint(field << 3).raw_varint(value)
    }

    fn double(self, field: u64, value: f64) -> Self {
        self.raw_varint(field << 3 | 1).raw(&value.to_le_bytes())
    }

    fn bytes(self, field: u64, value: &[u8]) -> Self {
        self.raw_varint(field << 3 | 2).raw_varint(value.len() as u64).raw(value)
    }

    fn float(self, field: u64, value: f32) -> Self {
        self.raw_varint(field << 3 | 5).raw(&value.to_le_bytes())
    }

    /// Seven bits per byte, the lowest first; the eighth says that more follow.
    fn raw_varint(mut self, mut value: u64) -> Self {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.raw(&[value as u8])
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// CRC-32C, rotated and shifted so that the CRC of data that holds its own CRC is still a good one.
fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `n` bytes off the front.
    fn take<'a>(bytes: &mut &'a [u8], n: usize) -> &'a [u8] {
        let (front, rest) = bytes.split_at(n);
        *bytes = rest;
        front
    }

    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = take(bytes, 1)[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }

    /// The fields of a message as (number, content).
    fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let content = match key & 7 {
                0 => varint(&mut bytes).to_le_bytes().to_vec(),
                1 => take(&mut bytes, 8).to_vec(),
                2 => {
                    let length = varint(&mut bytes) as usize;
                    take(&mut bytes, length).to_vec()
                }
                5 => take(&mut bytes, 4).to_vec(),
                other => panic!("wire type {other}"),
            };
            fields.push((key >> 3, content));
        }
        fields
    }

    /// The data of each record, after its two checksums were found right.
    fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        while !bytes.is_empty() {
            let length = take(&mut bytes, 8);
            assert_eq!(take(&mut bytes, 4), masked_crc(length).to_le_bytes());
            let data = take(&mut bytes, u64::from_le_bytes(length.try_into().unwrap()) as usize);
            assert_eq!(take(&mut bytes, 4), masked_crc(data).to_le_bytes());
            records.push(data.to_vec());
        }
        records
    }

    #[test]
    fn the_checksum_is_castagnoli_s() {
        // The check value of CRC-32C (RFC 3720, appendix B.4, lists 32 zero bytes as aa 36 91 8a).
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(masked_crc(&[0; 32]), 0x8a91_36aa_u32.rotate_right(15).wrapping_add(0xa282_ead8));
    }

    #[test]
    fn scalars_can_be_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = EventWriter::create(directory.path(), 1_700_000_000.25).unwrap();
        writer.scalar("return/learner", 300_000, -1.5, 1_700_000_001.5).unwrap();
        writer.scalar("loss", 0, 0.25, 1_700_000_002.0).unwrap();
        let path = fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        assert!(path.ends_with("events.out.tfevents.1700000000.250000"), "{}", path.display());

        let records = records(&fs::read(path).unwrap());
        assert_eq!(records.len(), 3);
        assert_eq!(fields(&records[0])[1], (3, b"brain.Event:2".to_vec()));
        let event = fields(&records[1]);
        assert_eq!(event[0], (1, 1_700_000_001.5_f64.to_le_bytes().to_vec()));
        assert_eq!(event[1], (2, 300_000_u64.to_le_bytes().to_vec()));
        let [(5, summary)] = &event[2..] else { panic!("{event:?}") };
        let [(1, value)] = &fields(summary)[..] else { panic!("{summary:?}") };
        let expected = vec![(1, b"return/learner".to_vec()), (2, (-1.5_f32).to_le_bytes().to_vec())];
        assert_eq!(fields(value), expected);
    }
}
