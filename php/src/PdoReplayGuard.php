<?php

declare(strict_types=1);

namespace Antom;

use Antom\Exception\ConfigException;
use Antom\Exception\InvalidArgumentException;
use Antom\Internal\Check;

/**
 * Remembers in a database which notifications were handled, for web servers that share it.
 *
 * Antom repeats a notification until it is acknowledged, and sometimes after. Claim it in the same transaction in
 * which you handle it: then a crash in between loses neither.
 *
 * The table, for SQLite 3.24, MySQL 5.7, PostgreSQL 9.5 and later, is made by createTable().
 */
final class PdoReplayGuard
{
    /** Antom repeats a notification for up to 24 hours; three days leave room for a clock that is wrong. */
    private const KEEP_SECONDS = 259200;

    /** Begin and end, by driver. Not an insert that fails: PostgreSQL would end the caller's transaction with it. */
    private const INSERTS = [
        'sqlite' => ['INSERT INTO', ' ON CONFLICT DO NOTHING'],
        'mysql' => ['INSERT IGNORE INTO', ''],
        'pgsql' => ['INSERT INTO', ' ON CONFLICT DO NOTHING'],
    ];

    private \PDO $database;
    private string $table;

    /** Stands in the rows that this object has claimed, so that it gives back no others. */
    private string $token;

    /**
     * @param string $table letters, digits and _ only, perhaps with a schema and a dot before it
     * @throws ConfigException for another name, or a database that it does not know
     */
    public function __construct(\PDO $database, string $table = 'antom_notifications')
    {
        if (preg_match('/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/D', $table) !== 1) {
            throw self::unusable('the name of the table may hold only letters, digits and _');
        }
        if (!isset(self::INSERTS[self::driver($database)])) {
            throw self::unusable('the database must be SQLite, MySQL or PostgreSQL');
        }
        $this->database = $database;
        $this->table = $table;
        $this->token = bin2hex(random_bytes(16));
    }

    /** Makes the table, where there is none: once, when the shop is installed. */
    public function createTable(): void
    {
        $this->run(
            "CREATE TABLE IF NOT EXISTS $this->table"
            . ' (notification CHAR(64) NOT NULL PRIMARY KEY, claimed_at BIGINT NOT NULL, claimed_by CHAR(32) NOT NULL)',
            []
        );
    }

    /**
     * True if the notification is new: handle it, then acknowledge it. False if it was claimed before, or is about
     * something else than a vaulting: only acknowledge it.
     *
     * @param Vaulting $notification from {@see Client::verifyNotification()}
     * @throws InvalidArgumentException if it is the answer to an inquiry, or the like
     * @throws \RuntimeException if the database cannot say: answer with HTTP 500, and Antom sends it again
     */
    public function claim(Vaulting $notification): bool
    {
        $key = self::key($notification);
        if ($key === null) {
            return false;
        }
        [$insert, $otherwise] = self::INSERTS[self::driver($this->database)];
        $inserted = $this->run(
            "$insert $this->table (notification, claimed_at, claimed_by) VALUES (?, ?, ?)$otherwise",
            [$key, time(), $this->token]
        );
        return $inserted === 1;
    }

    /**
     * Gives the claim back, because handling failed: the next repetition is new again. A rollback does the same.
     *
     * Does nothing if this object has not claimed it: what another process handles stays claimed.
     *
     * @throws InvalidArgumentException as claim()
     * @throws \RuntimeException as claim()
     */
    public function release(Vaulting $notification): void
    {
        $key = self::key($notification);
        if ($key !== null) {
            $this->run(
                "DELETE FROM $this->table WHERE notification = ? AND claimed_by = ?",
                [$key, $this->token]
            );
        }
    }

    /** Forgets what Antom no longer repeats, to keep the table small: call it once a day. */
    public function forgetOld(): void
    {
        $this->run("DELETE FROM $this->table WHERE claimed_at < ?", [time() - self::KEEP_SECONDS]);
    }

    /**
     * Runs it whatever error mode the shop has set for its database.
     *
     * @param list<int|string> $values
     * @return int how many rows it changed
     */
    private function run(string $sql, array $values): int
    {
        $statement = $this->database->prepare($sql);
        if ($statement === false || !$statement->execute($values)) {
            $state = $statement === false ? $this->database->errorCode() : $statement->errorCode();
            throw new \RuntimeException(
                "the table $this->table cannot be used (SQLSTATE $state): createTable() makes it"
            );
        }
        return $statement->rowCount();
    }

    /** What its row is found by; null if it is about something else than a vaulting. */
    private static function key(Vaulting $notification): ?string
    {
        $key = $notification->notificationKey();
        if ($key !== null) {
            return hash('sha256', $key);
        }
        if ($notification->outcome() === Vaulting::UNRELATED) {
            return null;
        }
        throw Check::error('PdoReplayGuard: this is no notification: give it what verifyNotification() returned');
    }

    private static function driver(\PDO $database): string
    {
        return $database->getAttribute(\PDO::ATTR_DRIVER_NAME);
    }

    private static function unusable(string $problem): ConfigException
    {
        return new ConfigException("PdoReplayGuard: $problem", ['advice' => 'Correct what the guard is made with.']);
    }
}
