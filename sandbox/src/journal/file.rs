//! The journal on disk: one entry a line, written by a thread of its own so that no call waits for the disk, bounded
//! in size. Reads it back at the start; knows nothing of what the entries mean.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Entry;

/// How many bytes the file may have before it is rewritten.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;
/// How many bytes of its end are kept then, and looked at when the sandbox starts.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;
/// How long entries are gathered before they are written together.
const GATHERING: Duration = Duration::from_millis(20);
/// How many entries may wait for a slow disk before some are left out of the file.
const MOST_WAITING: usize = 512;

/// The file of a journal, and the thread that writes it.
pub(super) struct JournalFile {
    /// `None` once it is closed.
    commands: Option<SyncSender<Command>>,
    writer: Option<JoinHandle<()>>,
    trouble: Trouble,
}

/// What keeps entries from getting to the disk, in a sentence.
type Trouble = Arc<Mutex<Option<String>>>;

enum Command {
    Write(Arc<Entry>),
    Empty,
}

/// What a file held.
#[derive(Default)]
pub(super) struct ReadBack {
    /// The oldest first, with rising numbers.
    pub(super) entries: Vec<Entry>,
    /// Lines that are no entries.
    pub(super) damaged: usize,
}

impl JournalFile {
    /// Opens or makes the file, and reads its last entries, as many as `most`.
    pub(super) fn open(path: &Path, most: usize) -> io::Result<(Self, ReadBack)> {
        let mut file = open_private(path)?;
        let text = read_end(&mut file, KEPT_BYTES)?;
        let back = read_back(&text, most);
        if back.damaged > 0 {
            // So that it is said once and not at every start.
            rewrite(&mut file, &back.entries)?;
        }
        let trouble = Trouble::default();
        let (commands, received) = mpsc::sync_channel(MOST_WAITING);
        let writer = Writer {
            length: file.metadata()?.len(),
            out: BufWriter::new(file),
            trouble: trouble.clone(),
        };
        let writer = thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer.run(&received))?;
        let file = Self {
            commands: Some(commands),
            writer: Some(writer),
            trouble,
        };
        Ok((file, back))
    }

    /// Has the entry written, unless the disk is far behind: then it is left out, and said.
    pub(super) fn write(&self, entry: Arc<Entry>) {
        let Some(commands) = &self.commands else {
            return;
        };
        if let Err(TrySendError::Full(_)) = commands.try_send(Command::Write(entry)) {
            tell(
                &self.trouble,
                "the disk is too slow: some entries are missing in journal.jsonl",
            );
        }
    }

    /// Empties the file. Waits if the disk is far behind.
    pub(super) fn empty(&self) {
        if let Some(commands) = &self.commands {
            // The writer ends only after this sender.
            let _ = commands.send(Command::Empty);
        }
    }

    pub(super) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }
}

impl Drop for JournalFile {
    /// Returns when everything is written.
    fn drop(&mut self) {
        self.commands = None;
        if let Some(writer) = self.writer.take() {
            // A panic was reported where it happened.
            let _ = writer.join();
        }
    }
}

fn tell(trouble: &Trouble, what: &str) {
    let mut trouble = trouble.lock().unwrap_or_else(PoisonError::into_inner);
    *trouble = Some(what.to_owned());
}

struct Writer {
    out: BufWriter<File>,
    length: u64,
    trouble: Trouble,
}

impl Writer {
    fn run(mut self, received: &Receiver<Command>) {
        while let Ok(command) = received.recv() {
            thread::sleep(GATHERING);
            if let Err(error) = self.carry_out(command, received) {
                tell(
                    &self.trouble,
                    &format!("journal.jsonl cannot be written: {error}"),
                );
            }
        }
    }

    /// Carries out the command and those that wait behind it, then lets the disk have all of it.
    fn carry_out(&mut self, first: Command, received: &Receiver<Command>) -> io::Result<()> {
        let mut next = Ok(first);
        loop {
            match next {
                Ok(Command::Write(entry)) => self.write(&entry)?,
                Ok(Command::Empty) => self.shorten(0)?,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return self.out.flush(),
            }
            next = received.try_recv();
        }
    }

    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let line = line(entry);
        if self.length + line.len() as u64 > LARGEST_FILE {
            self.shorten(KEPT_BYTES)?;
        }
        self.out.write_all(&line)?;
        self.length += line.len() as u64;
        Ok(())
    }

    /// Leaves only the last bytes, in whole lines.
    fn shorten(&mut self, kept: u64) -> io::Result<()> {
        self.out.flush()?;
        let file = self.out.get_mut();
        let end = read_end(file, kept)?;
        file.set_len(0)?;
        file.write_all(&end)?;
        self.length = end.len() as u64;
        Ok(())
    }
}

fn line(entry: &Entry) -> Vec<u8> {
    let mut line = serde_json::to_vec(entry).expect("an entry always serialises");
    line.push(b'\n');
    line
}

/// For appending: everything that is written goes to the end.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// The last bytes of a file, from the beginning of a line.
fn read_end(file: &mut File, most: u64) -> io::Result<Vec<u8>> {
    let start = file.metadata()?.len().saturating_sub(most);
    // One byte earlier, to see whether a line begins right there.
    file.seek(SeekFrom::Start(start.saturating_sub(1)))?;
    let mut text = Vec::new();
    file.take(most + 1).read_to_end(&mut text)?;
    if start > 0 {
        let end_of_line = text.iter().position(|byte| *byte == b'\n');
        text.drain(..end_of_line.map_or(text.len(), |at| at + 1));
    }
    Ok(text)
}

fn read_back(text: &[u8], most: usize) -> ReadBack {
    let mut back = ReadBack::default();
    let is_cut = !text.is_empty() && !text.ends_with(b"\n");
    let mut earliest = u64::MAX;
    for (place, line) in text.rsplit(|byte| *byte == b'\n').enumerate() {
        if back.entries.len() == most {
            break;
        }
        if line.is_empty() {
            continue;
        }
        // A last line without its end may look whole and yet be the beginning of another.
        let entry = serde_json::from_slice::<Entry>(line).ok();
        match entry.filter(|entry| entry.number < earliest && !(place == 0 && is_cut)) {
            Some(entry) => {
                earliest = entry.number;
                back.entries.push(entry);
            }
            None => back.damaged += 1,
        }
    }
    back.entries.reverse();
    back
}

fn rewrite(file: &mut File, entries: &[Entry]) -> io::Result<()> {
    file.set_len(0)?;
    let mut out = BufWriter::new(file);
    for entry in entries {
        out.write_all(&line(entry))?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;
    use tempfile::TempDir;
    use time::macros::datetime;

    fn entry(number: u64, what: &str) -> Arc<Entry> {
        Arc::new(Entry {
            number,
            time: datetime!(2026-08-17 12:00 +8),
            event: Event::Control { what: what.into() },
        })
    }

    fn open(path: &Path) -> (JournalFile, ReadBack) {
        JournalFile::open(path, 1_000).unwrap_or_else(|_| panic!("the file can be opened"))
    }

    fn numbers(back: &ReadBack) -> Vec<u64> {
        back.entries.iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn entries_come_back_in_their_order() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal.jsonl");
        let (file, back) = open(&path);
        assert!(back.entries.is_empty());
        for number in 1..=3 {
            file.write(entry(number, "x"));
        }
        drop(file);
        let (file, back) = JournalFile::open(&path, 2).ok().unwrap();
        assert_eq!((numbers(&back), back.damaged), (vec![2, 3], 0));
        file.empty();
        file.write(entry(4, "x"));
        drop(file);
        assert_eq!(numbers(&open(&path).1), [4]);
    }

    #[test]
    fn damaged_lines_are_counted_once_and_never_glued_to_new_ones() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal.jsonl");
        let good = String::from_utf8(line(&entry(2, "x"))).unwrap();
        let later = String::from_utf8(line(&entry(3, "x"))).unwrap();
        // Not JSON, not UTF-8, a number that does not rise, and a last line that was cut.
        let mut text = format!("{{\"number\":1\n{good}{good}").into_bytes();
        text.extend(b"\xff\n");
        text.extend(later.trim_end().as_bytes());
        std::fs::write(&path, text).unwrap();
        let (file, back) = open(&path);
        assert_eq!((numbers(&back), back.damaged), (vec![2], 4));
        file.write(entry(4, "x"));
        drop(file);
        let (_file, back) = open(&path);
        assert_eq!((numbers(&back), back.damaged), (vec![2, 4], 0));
    }

    #[test]
    fn the_file_is_private_and_its_size_is_bounded() {
        use std::os::unix::fs::PermissionsExt;
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal.jsonl");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        let large = "x".repeat(1024 * 1024);
        let (file, _) = open(&path);
        drop(file);
        let file = open_private(&path).unwrap();
        let mut writer = Writer {
            out: BufWriter::new(file),
            length: 0,
            trouble: Trouble::default(),
        };
        for number in 1..=70 {
            writer.write(&entry(number, &large)).unwrap();
        }
        writer.out.flush().unwrap();
        drop(writer);
        let metadata = std::fs::metadata(&path).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        assert!(metadata.len() < LARGEST_FILE, "{}", metadata.len());
        let back = open(&path).1;
        assert_eq!(back.entries.last().unwrap().number, 70);
        assert_eq!(back.damaged, 0);
        assert!(back.entries.len() < 40, "{}", back.entries.len());
    }
}
