/** The engine's journal on disk: SQLite in the process by default, PostgreSQL by URL. */
export { type Inspection, inspectJournal } from './inspect-journal.ts';
export { JournalError, type JournalFault } from './journal-error.ts';
export { type OpenJournalOptions, openJournal } from './open-journal.ts';
