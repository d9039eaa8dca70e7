<?php

declare(strict_types=1);

namespace Antom;

use Antom\Exception\AntomException;
use Antom\Exception\ClosedException;
use Antom\Internal\Api\CreateVaultingSession;
use Antom\Internal\Check;
use Antom\Internal\Native;
use Antom\Internal\Settings;
use FFI\CData;

/**
 * Calls Antom's API. Immutable; keeps its connections open, so make one and use it for every call.
 *
 * No dump shows its settings, and it cannot be cloned or serialized.
 */
final class Client
{
    /** The antom_client in C; null once it is freed. */
    private ?CData $handle = null;

    private function __construct()
    {
    }

    /**
     * Checks every setting and builds a client. Opens no connection.
     *
     * Required: client_id, private_key (PEM, DER or bare base64) or private_key_path, antom_public_key or
     * antom_public_key_path, and endpoint or region ("north_america", "asia", "europe"). The others: product ("apo",
     * the default, or "ams"), key_version (default "1"), agent_token, connect_timeout_ms (default 5000), max_retries
     * (default 2), timeout_ms (of a whole call, default 30000), max_response_age_s (any), ca_certificate or
     * ca_certificate_path (PEM, trusted in addition to the system's), proxy (URL; the environment is not read), library
     * (path of libantom). null is as good as absent.
     *
     * @param array{client_id?: ?string, private_key?: ?string, private_key_path?: ?string,
     *     private_key_passphrase?: ?string, antom_public_key?: ?string, antom_public_key_path?: ?string,
     *     endpoint?: ?string, region?: ?string, product?: ?string, key_version?: ?string, agent_token?: ?string,
     *     connect_timeout_ms?: ?int, timeout_ms?: ?int, max_retries?: ?int, max_response_age_s?: ?int,
     *     ca_certificate?: ?string, ca_certificate_path?: ?string, proxy?: ?string, library?: ?string} $settings
     * @throws Exception\InvalidArgumentException for an unknown setting, or a value of the wrong type
     * @throws Exception\ConfigException if the client cannot be built, or libantom cannot be loaded
     */
    public static function create(
        #[\SensitiveParameter]
        array $settings
    ): self {
        $settings = new Settings($settings);
        $native = Native::instance($settings->library());
        $options = $native->get('antom_options_new');
        try {
            foreach ($settings->setterArguments() as $name => $arguments) {
                if ($native->get("antom_options_set_$name", $options, ...$arguments) !== 0) {
                    throw Check::error("setting \"$name\": libantom does not take this value; the settings are in the README of the package");
                }
            }
            $client = new self();
            $client->handle = $native->produce('antom_client_new', 'antom_client', [$options]);
            return $client;
        } finally {
            $native->get('antom_options_free', $options);
        }
    }

    /**
     * Creates a session with which the front-end SDK collects a card.
     *
     * The fields have the names and limits of the API: https://docs.antom.com/ac/apo/vaulting_session and, for the
     * product "ams", https://docs.antom.com/ac/ams/vaulting_session. Left out, vaultingRequestId is made here and
     * returned with the session and with every error. passThroughMetadata is text, or an array of strings that
     * becomes JSON. Harmless to repeat with the same vaultingRequestId.
     *
     * @param array{paymentMethodType?: ?string, vaultingRequestId?: ?string, vaultingNotificationUrl?: ?string,
     *     redirectUrl?: ?string, passThroughMetadata?: string|array<string, string>|null, merchantRegion?: ?string,
     *     is3DSAuthentication?: ?bool} $request
     * @throws AntomException
     */
    public function createVaultingSession(
        #[\SensitiveParameter]
        array $request
    ): VaultingSession {
        $native = Native::instance();
        $struct = $native->request(CreateVaultingSession::REQUEST, CreateVaultingSession::members($request));
        return $native->read(
            CreateVaultingSession::FUNCTION_NAME,
            CreateVaultingSession::RESPONSE,
            [$this->handle(), $struct->pointer],
            [CreateVaultingSession::class, 'response']
        );
    }

    /**
     * The value of the signature header for a request that this package does not send itself.
     *
     * @param string $path signed as it is given: for a test client id it already begins with /ams/sandbox/api
     * @param string $time the text of the request-time header
     * @param string $body the bytes that are sent
     * @throws AntomException
     */
    public function sign(
        string $method,
        string $path,
        string $time,
        #[\SensitiveParameter]
        string $body
    ): string {
        $arguments = [
            $this->handle(),
            Check::text('method', $method),
            Check::text('path', $path),
            Check::text('time', $time),
            $body,
            strlen($body),
        ];
        $header = static function (Native $native, CData $signature): string {
            return $native->get('antom_signature_header', $signature);
        };
        return Native::instance()->read('antom_client_sign', 'antom_signature', $arguments, $header);
    }

    /**
     * Returns if Antom made the signature over these values for this client id, and throws otherwise.
     *
     * @param string $time the text of the response-time header
     * @param string $body the bytes that were received
     * @param string $signature the value of the signature header
     * @throws Exception\UntrustedResponseException
     * @throws AntomException
     */
    public function verify(
        string $method,
        string $path,
        string $time,
        #[\SensitiveParameter]
        string $body,
        #[\SensitiveParameter]
        string $signature
    ): void {
        Native::instance()->call('antom_client_verify', [
            $this->handle(),
            Check::text('method', $method),
            Check::text('path', $path),
            Check::text('time', $time),
            $body,
            strlen($body),
            Check::text('signature', $signature),
        ]);
    }

    /** Closes every connection. Later calls of the API throw {@see ClosedException}. */
    public function close(): void
    {
        if ($this->handle !== null) {
            Native::instance()->get('antom_client_close', $this->handle);
        }
    }

    public function __destruct()
    {
        if ($this->handle !== null) {
            Native::instance()->get('antom_client_free', $this->handle);
            $this->handle = null;
        }
    }

    /** @return array{library: string} */
    public function __debugInfo(): array
    {
        return ['library' => Native::instance()->description()];
    }

    public function __serialize(): array
    {
        throw Check::error('a Client cannot be serialized: create it where it is used');
    }

    public function __unserialize(array $data): void
    {
        throw Check::error('a Client cannot be unserialized: create it where it is used');
    }

    private function __clone()
    {
    }

    private function handle(): CData
    {
        if ($this->handle === null) {
            throw new ClosedException('the client was destroyed', ['advice' => 'Create a new client.']);
        }
        return $this->handle;
    }
}
