<?php

declare(strict_types=1);

namespace Antom\Internal;

use Antom\Exception\ConfigException;

/**
 * The settings of a client: their names and types, and which of them exclude each other.
 *
 * What a value must look like is checked by libantom, not here.
 *
 * @internal
 */
final class Settings
{
    private const TEXT = 'text';
    private const BYTES = 'bytes';
    private const MILLISECONDS = 'milliseconds';
    private const SECONDS = 'seconds';
    private const COUNT = 'count';
    private const PRODUCT = 'product';
    private const BOOLEAN = 'boolean';

    /** Name and type; the setter in C is antom_options_set_NAME. */
    private const TYPES = [
        'client_id' => self::TEXT,
        'private_key' => self::BYTES,
        'private_key_path' => self::TEXT,
        'private_key_passphrase' => self::TEXT,
        'antom_public_key' => self::BYTES,
        'antom_public_key_path' => self::TEXT,
        'endpoint' => self::TEXT,
        'region' => self::TEXT,
        'product' => self::PRODUCT,
        'key_version' => self::TEXT,
        'agent_token' => self::TEXT,
        'connect_timeout_ms' => self::MILLISECONDS,
        'timeout_ms' => self::MILLISECONDS,
        'max_retries' => self::COUNT,
        'ca_certificate' => self::BYTES,
        'ca_certificate_path' => self::TEXT,
        'proxy' => self::TEXT,
        'max_response_age_s' => self::SECONDS,
        'shared' => self::BOOLEAN,
    ];

    /** Settings that stand for something else than one setter: further keys, where libantom is, who is told. */
    private const OTHERS = ['antom_public_keys', 'library', 'logger'];

    /** What libantom takes if these are not set; {@see \Antom\Client::withOptions()} needs both. */
    private const LIMITS = ['timeout_ms' => 30000, 'max_retries' => 2];

    private const EXCLUSIVE = [
        ['private_key', 'private_key_path'],
        ['antom_public_key', 'antom_public_key_path'],
        ['endpoint', 'region'],
        ['ca_certificate', 'ca_certificate_path'],
    ];

    /** The values of enum antom_product. */
    private const PRODUCTS = ['apo' => 0, 'ams' => 1];

    private ?string $library = null;

    private ?CallLog $log = null;

    /** @var array<string, int> */
    private array $limits;

    /** @var array<string, list<mixed>> */
    private array $arguments = [];

    /** @var array<array-key, string> */
    private array $furtherKeys = [];

    /**
     * @param array<array-key, mixed> $given null is as good as absent
     */
    public function __construct(
        #[\SensitiveParameter]
        array $given
    ) {
        Check::names('setting', $given, array_merge(array_keys(self::TYPES), self::OTHERS));
        $given = array_filter($given, static function ($value): bool {
            return $value !== null;
        });
        // Under PHP-FPM a client lives for one web request, and its connections must live longer.
        foreach (array_diff_key($given, array_flip(self::OTHERS)) + ['shared' => true] as $name => $value) {
            $this->arguments[$name] = self::arguments($name, $value);
        }
        foreach (self::EXCLUSIVE as [$one, $other]) {
            if (isset($this->arguments[$one], $this->arguments[$other])) {
                throw new ConfigException(
                    "settings \"$one\" and \"$other\": give only one of them",
                    ['advice' => 'Correct the client\'s settings; nothing was sent.']
                );
            }
        }
        $this->limits = array_intersect_key($given, self::LIMITS) + self::LIMITS;
        if (isset($given['library'])) {
            $this->library = Check::text('setting "library"', $given['library']);
        }
        if (isset($given['logger'])) {
            $this->log = self::log($given['logger']);
        }
        if (isset($given['antom_public_keys'])) {
            $this->furtherKeys = self::furtherKeys($given['antom_public_keys']);
        }
    }

    /** Where libantom is, if the settings say so. */
    public function library(): ?string
    {
        return $this->library;
    }

    /** Who is told of each call. */
    public function callLog(): ?CallLog
    {
        return $this->log;
    }

    /**
     * The limits of a call.
     *
     * @return array<string, int> timeout_ms and max_retries
     */
    public function limits(): array
    {
        return $this->limits;
    }

    /**
     * The functions of libantom that set what was given: a setting, a function, and what it takes after the options.
     *
     * @return iterable<array{string, string, list<mixed>}>
     */
    public function setters(): iterable
    {
        foreach ($this->arguments as $name => $arguments) {
            yield [$name, "antom_options_set_$name", $arguments];
        }
        foreach ($this->furtherKeys as $version => $key) {
            yield ['antom_public_keys', 'antom_options_add_antom_public_key', [(string) $version, $key, strlen($key)]];
        }
    }

    /**
     * Keys of Antom beside the first one, by their keyVersion.
     *
     * @param mixed $keys
     * @return array<array-key, string>
     */
    private static function furtherKeys(
        #[\SensitiveParameter]
        $keys
    ): array {
        $shown = 'setting "antom_public_keys"';
        if (!is_array($keys) || ($keys !== [] && array_keys($keys) === range(0, count($keys) - 1))) {
            throw Check::error("$shown: expected an array with keyVersions as its keys, like ['2' => 'the key']");
        }
        foreach ($keys as $version => $key) {
            Check::text("$shown: a keyVersion", (string) $version);
            Check::bytes("$shown: a key", $key);
        }
        return $keys;
    }

    /** @param mixed $logger */
    private static function log($logger): CallLog
    {
        if (!is_object($logger) || !is_callable([$logger, 'log'])) {
            throw Check::error('setting "logger": expected an object with the method log(), as PSR-3 defines it');
        }
        return new CallLog($logger);
    }

    /**
     * @param mixed $value
     * @return list<mixed>
     */
    private static function arguments(
        string $name,
        #[\SensitiveParameter]
        $value
    ): array {
        $shown = "setting \"$name\"";
        switch (self::TYPES[$name]) {
            case self::BYTES:
                $bytes = Check::bytes($shown, $value);
                return [$bytes, strlen($bytes)];
            case self::MILLISECONDS:
                return [Check::whole($shown, $value, 'milliseconds')];
            case self::SECONDS:
                return [Check::whole($shown, $value, 'seconds')];
            case self::COUNT:
                return [Check::whole($shown, $value, 'retries')];
            case self::BOOLEAN:
                return [Check::boolean($shown, $value) ? 1 : 0];
            case self::PRODUCT:
                $product = Check::text($shown, $value);
                if (!isset(self::PRODUCTS[$product])) {
                    throw Check::error("$shown: expected \"apo\" or \"ams\"");
                }
                return [self::PRODUCTS[$product]];
            default:
                return [Check::text($shown, $value)];
        }
    }
}
