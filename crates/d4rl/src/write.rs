//! Writing a file in D4RL's layout.

use std::fs::File as SystemFile;
use std::io::{self, Write};
use std::path::Path;
use std::{ptr, thread};

use hdf5::types::VarLenUnicode;
use hdf5::{Extents, File, H5Type};
use hdf5_sys::h5f::H5Fget_file_image;
use ndarray::Array4;
use rl::Image;

use crate::{Column, DatasetError, Images, Metadata, Recording};

/// Rows of a chunk: whole rows, because readers take whole columns, and few enough to stay in a CPU cache.
const CHUNK_ROWS: usize = 4096;

/// Pictures of a chunk: some hundred kilobytes of small ones.
const CHUNK_IMAGES: usize = 16;

/// Pictures that are handed to HDF5 at once.
const IMAGES_AT_ONCE: usize = 256;

/// By how much HDF5 lengthens its memory (bytes).
const MEMORY_STEP: usize = 1 << 24;

/// Level of gzip: h5py's default, and so that of D4RL's own files.
const GZIP_LEVEL: u8 = 4;

/// Writes a recording so that D4RL, h5py and [`crate::read`] read it: 32-bit floats, flags as booleans of h5py,
/// gzip, and a checksum for each chunk. Equal recordings give equal files, byte for byte. An info of one feature
/// is written with shape `[N]`; pictures are bytes of shape `[N, height, width, channel]`.
///
/// The file appears under its name when it is whole: until then it has a temporary name in the same folder.
///
/// # Errors
/// When the columns are of different lengths, empty or not finite, and when the file cannot be written. Whatever had
/// the name before is then still there.
pub fn write(path: impl AsRef<Path>, recording: &Recording) -> Result<(), DatasetError> {
    let path = path.as_ref();
    recording.check(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let bytes = image(recording).map_err(|error| DatasetError::unwritable(path, &error))?;
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".writing-")
            .suffix(".hdf5")
            .make_in(folder, |path| SystemFile::create_new(path))?;
        file.write_all(&bytes)?;
        // Without this a crash of the machine could leave the final name on an unfinished file.
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|error| DatasetError::unwritable(path, &error))
}

/// The bytes of the file. They are put together in memory, since HDF5 crashes where it cannot write its chunks: on a
/// full disk that would be the end of the process, without a word.
fn image(recording: &Recording) -> hdf5::Result<Vec<u8>> {
    let file = File::with_options()
        // Times in the file would make equal recordings differ.
        .with_fcpl(|properties| properties.obj_track_times(false))
        .with_fapl(|properties| properties.core_options(MEMORY_STEP, false))
        // HDF5 takes two files of one name for one file.
        .create(format!("in memory, {:?}", thread::current().id()))?;
    put_column(&file, "observations", &recording.observations)?;
    if let Some(images) = &recording.images {
        put_images(&file, "images", images)?;
    }
    put_column(&file, "actions", &recording.actions)?;
    put(&file, "rewards", [recording.len()], &recording.rewards)?;
    put(&file, "terminals", [recording.len()], &recording.terminals)?;
    if let Some(timeouts) = &recording.timeouts {
        put(&file, "timeouts", [recording.len()], timeouts)?;
    }
    for (name, column) in &recording.infos {
        let key = format!("infos/{name}");
        match column.size {
            1 => put(&file, &key, [column.rows()], &column.values)?,
            _ => put_column(&file, &key, column)?,
        }
    }
    for (name, metadata) in &recording.metadata {
        let key = format!("metadata/{name}");
        match metadata {
            Metadata::Text(text) => {
                let text: VarLenUnicode = text.parse().map_err(|_| "text with a NUL character")?;
                file.new_dataset::<VarLenUnicode>().create(key.as_str())?.write_scalar(&text)?;
            }
            Metadata::Numbers { shape, values } => {
                let dataset = file.new_dataset::<f32>().shape(shape.as_slice()).create(key.as_str())?;
                dataset.write_raw(values)?;
            }
        }
    }
    file.flush()?;
    let (bytes, copied) = hdf5::sync::sync(|| {
        // SAFETY: the file is open, the first call only asks for the size, and the second fills a buffer of that size.
        let size = unsafe { H5Fget_file_image(file.id(), ptr::null_mut(), 0) };
        let mut bytes = vec![0_u8; usize::try_from(size).unwrap_or(0)];
        let copied = unsafe { H5Fget_file_image(file.id(), bytes.as_mut_ptr().cast(), bytes.len()) };
        (bytes, copied)
    });
    file.close()?;
    if copied <= 0 || copied as usize != bytes.len() {
        return Err("HDF5 does not give its file from memory".into());
    }
    Ok(bytes)
}

fn put_column(file: &File, key: &str, column: &Column) -> hdf5::Result<()> {
    put(file, key, [column.rows(), column.size], &column.values)
}

/// Writes a column whose first axis counts rows.
fn put<T: H5Type, const N: usize>(file: &File, key: &str, shape: [usize; N], values: &[T]) -> hdf5::Result<()> {
    let mut chunk = shape;
    chunk[0] = chunk[0].min(CHUNK_ROWS);
    file.new_dataset::<T>()
        .chunk(chunk.to_vec())
        .shuffle()
        .deflate(GZIP_LEVEL)
        .fletcher32()
        .shape(Extents::from(&shape[..]))
        .create(key)?
        .write_raw(values)
}

/// Writes pictures block by block, so that they are never all there twice.
fn put_images(file: &File, key: &str, Images { shape, rows }: &Images) -> hdf5::Result<()> {
    let [height, width, channels] = [shape.height, shape.width, shape.channels];
    let dataset = file
        .new_dataset::<u8>()
        .chunk(vec![rows.len().min(CHUNK_IMAGES), height, width, channels])
        .deflate(GZIP_LEVEL)
        .fletcher32()
        .shape(Extents::from(&[rows.len(), height, width, channels][..]))
        .create(key)?;
    for (number, block) in rows.chunks(IMAGES_AT_ONCE).enumerate() {
        let bytes: Vec<u8> = block.iter().flat_map(Image::bytes).copied().collect();
        let array = Array4::from_shape_vec([block.len(), height, width, channels], bytes)
            .map_err(|error| format!("pictures of another size: {error}"))?;
        let first = number * IMAGES_AT_ONCE;
        dataset.write_slice(&array, (first..first + block.len(), .., .., ..))?;
    }
    Ok(())
}
