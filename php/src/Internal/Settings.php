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
    ];

    /** The setting that is not libantom's but says where libantom is. */
    private const LIBRARY = 'library';

    private const EXCLUSIVE = [
        ['private_key', 'private_key_path'],
        ['antom_public_key', 'antom_public_key_path'],
        ['endpoint', 'region'],
        ['ca_certificate', 'ca_certificate_path'],
    ];

    /** The values of enum antom_product. */
    private const PRODUCTS = ['apo' => 0, 'ams' => 1];

    private ?string $library = null;

    /** @var array<string, list<mixed>> */
    private array $arguments = [];

    /**
     * @param array<array-key, mixed> $given null is as good as absent
     */
    public function __construct(
        #[\SensitiveParameter]
        array $given
    ) {
        Check::names('setting', $given, array_merge(array_keys(self::TYPES), [self::LIBRARY]));
        foreach ($given as $name => $value) {
            if ($value === null) {
                continue;
            }
            if ($name === self::LIBRARY) {
                $this->library = Check::text('setting "library"', $value);
                continue;
            }
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
    }

    /** Where libantom is, if the settings say so. */
    public function library(): ?string
    {
        return $this->library;
    }

    /**
     * What the setter of each setting takes after the options handle.
     *
     * @return array<string, list<mixed>>
     */
    public function setterArguments(): array
    {
        return $this->arguments;
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
