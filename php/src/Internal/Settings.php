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
    private const COUNT = 'retries';
    private const PRODUCT = 'product';
    private const REGION = 'region';
    private const BOOLEAN = 'boolean';
    private const KEYS = 'keys by their versions';
    private const SIGNER = 'signer';
    private const LOGGER = 'logger';
    private const LIBRARY = 'library';

    /** Name and type; the setter in C is antom_options_set_NAME, except for the last three. */
    private const TYPES = [
        'client_id' => self::TEXT,
        'private_key' => self::BYTES,
        'private_key_path' => self::TEXT,
        'signer' => self::SIGNER,
        'signer_public_key' => self::BYTES,
        'private_key_passphrase' => self::TEXT,
        'antom_public_key' => self::BYTES,
        'antom_public_key_path' => self::TEXT,
        'endpoint' => self::TEXT,
        'region' => self::REGION,
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
        'antom_public_keys' => self::KEYS,
        'library' => self::LIBRARY,
        'logger' => self::LOGGER,
    ];

    /** What libantom takes if these are not set; {@see \Antom\Client::withOptions()} needs both. */
    private const LIMITS = ['timeout_ms' => 30000, 'max_retries' => 2];

    private const EXCLUSIVE = [
        ['private_key', 'private_key_path'],
        ['private_key', 'signer'],
        ['private_key_path', 'signer'],
        ['antom_public_key', 'antom_public_key_path'],
        ['endpoint', 'region'],
        ['ca_certificate', 'ca_certificate_path'],
    ];

    /** What antom_options_set_region takes. */
    private const REGIONS = ['asia', 'europe', 'north_america'];

    /** The values of enum antom_product. */
    private const PRODUCTS = ['apo' => 0, 'ams' => 1];

    private ?string $library = null;

    private ?CallLog $log = null;

    private ?\Closure $signer = null;

    /** @var array<string, int> */
    private array $limits = self::LIMITS;

    /** @var list<array{string, string, list<mixed>}> */
    private array $setters = [];

    /**
     * @param array<array-key, mixed> $given null is as good as absent
     */
    public function __construct(
        #[\SensitiveParameter]
        array $given
    ) {
        Check::names('setting', $given, self::TYPES);
        // Under PHP-FPM a client lives for one web request, and its connections must live longer.
        $given['shared'] = $given['shared'] ?? true;
        foreach ($given as $name => $value) {
            if ($value !== null) {
                $this->take($name, $value);
            }
        }
        foreach (self::EXCLUSIVE as [$one, $other]) {
            if (isset($given[$one], $given[$other])) {
                throw new ConfigException(
                    "settings \"$one\" and \"$other\": give only one of them",
                    ['advice' => 'Correct the client\'s settings; nothing was sent.']
                );
            }
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

    /** What makes the signatures instead of a private key. */
    public function signer(): ?\Closure
    {
        return $this->signer;
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
     * @return list<array{string, string, list<mixed>}>
     */
    public function setters(): array
    {
        return $this->setters;
    }

    /** @param mixed $value */
    private function take(
        string $name,
        #[\SensitiveParameter]
        $value
    ): void {
        $shown = "setting \"$name\"";
        switch (self::TYPES[$name]) {
            case self::TEXT:
                $arguments = [Check::text($shown, $value)];
                break;
            case self::BYTES:
                $bytes = Check::bytes($shown, $value);
                $arguments = [$bytes, strlen($bytes)];
                break;
            case self::BOOLEAN:
                $arguments = [Check::boolean($shown, $value) ? 1 : 0];
                break;
            case self::PRODUCT:
                $arguments = [self::product($shown, $value)];
                break;
            case self::REGION:
                $arguments = [self::region($shown, $value)];
                break;
            case self::SIGNER:
                $this->signer = self::callable($shown, $value);
                // libantom calls nobody: it asks for each signature, and Client brings it.
                $arguments = [null, null];
                break;
            case self::KEYS:
                $this->takeFurtherKeys($shown, $value);
                return;
            case self::LOGGER:
                $this->log = self::log($shown, $value);
                return;
            case self::LIBRARY:
                $this->library = Check::path($shown, $value);
                return;
            default:
                $number = Check::whole($shown, $value, self::TYPES[$name]);
                if (isset(self::LIMITS[$name])) {
                    $this->limits[$name] = $number;
                }
                $arguments = [$number];
        }
        $this->setters[] = [$name, "antom_options_set_$name", $arguments];
    }

    /**
     * Keys of Antom beside the first one, by their keyVersion.
     *
     * @param mixed $keys
     */
    private function takeFurtherKeys(
        string $shown,
        #[\SensitiveParameter]
        $keys
    ): void {
        if (!is_array($keys) || Check::isList($keys)) {
            throw Check::error("$shown: expected an array with keyVersions as its keys, like ['2' => 'the key']");
        }
        foreach ($keys as $version => $key) {
            $version = Check::text("$shown: a keyVersion", (string) $version);
            $bytes = Check::bytes("$shown: a key", $key);
            $arguments = [$version, $bytes, strlen($bytes)];
            $this->setters[] = ['antom_public_keys', 'antom_options_add_antom_public_key', $arguments];
        }
    }

    /** @param mixed $product */
    private static function product(string $shown, $product): int
    {
        $product = Check::text($shown, $product);
        if (!isset(self::PRODUCTS[$product])) {
            throw Check::error("$shown: expected \"apo\" or \"ams\"");
        }
        return self::PRODUCTS[$product];
    }

    /** @param mixed $region */
    private static function region(string $shown, $region): string
    {
        $region = Check::text($shown, $region);
        if (!in_array($region, self::REGIONS, true)) {
            throw Check::error("$shown: expected \"" . implode('", "', self::REGIONS) . '"');
        }
        return $region;
    }

    /** @param mixed $signer */
    private static function callable(string $shown, $signer): \Closure
    {
        // A name of a function would do, too, but a string in this place is more likely a key.
        if (is_string($signer) || !is_callable($signer)) {
            throw Check::error("$shown: expected a function that takes the string to sign and returns the signature");
        }
        $closure = \Closure::fromCallable($signer);
        // A function of PHP itself would run with the rights of this package: FFI's, where it is preloaded.
        if ((new \ReflectionFunction($closure))->isInternal()) {
            throw Check::error("$shown: expected a function that is written in PHP");
        }
        return $closure;
    }

    /** @param mixed $logger */
    private static function log(string $shown, $logger): CallLog
    {
        if (!is_object($logger) || !is_callable([$logger, 'log'])) {
            throw Check::error("$shown: expected an object with the method log(), as PSR-3 defines it");
        }
        return new CallLog($logger);
    }
}
