<?php

declare(strict_types=1);

namespace Antom;

use Antom\Exception\AntomException;
use Antom\Exception\ClosedException;
use Antom\Exception\SigningException;
use Antom\Internal\Api\CreateVaultingSession;
use Antom\Internal\Api\VaultingReader;
use Antom\Internal\AwaitsSignature;
use Antom\Internal\CallLog;
use Antom\Internal\Check;
use Antom\Internal\Headers;
use Antom\Internal\Native;
use Antom\Internal\NeverSerialized;
use Antom\Internal\Settings;
use FFI\CData;

/**
 * Calls Antom's API. Immutable.
 *
 * Clients with the same settings share their connections and keys in one process, also after the end of a web request.
 *
 * No dump shows its settings, and it cannot be cloned or serialized.
 */
final class Client
{
    use NeverSerialized;

    private Native $native;

    /** The antom_client in C; null once it is freed. */
    private ?CData $handle = null;

    /** @var array<string, int> timeout_ms and max_retries */
    private array $limits;

    private ?CallLog $log;

    /** What makes the signatures instead of a private key. */
    private ?\Closure $signer;

    /** @param array<string, int> $limits */
    private function __construct(Native $native, CData $handle, array $limits, ?CallLog $log, ?\Closure $signer)
    {
        $this->native = $native;
        $this->handle = $handle;
        $this->limits = $limits;
        $this->log = $log;
        $this->signer = $signer;
    }

    /**
     * Checks every setting and builds a client. Opens no connection.
     *
     * Required: client_id, private_key (PEM, DER or bare base64), private_key_path or signer (a function that gets the
     * string to sign and returns the bytes of its signature, RSASSA-PKCS1-v1_5 with SHA-256, for a key that your
     * program does not hold; signer_public_key is its public half), antom_public_key or antom_public_key_path, and
     * endpoint or region ("north_america", "asia", "europe"). The others: product ("apo", the default, or "ams"),
     * key_version (default "1"), antom_public_keys (further keys of Antom by their keyVersion,
     * while Antom changes its key), agent_token, connect_timeout_ms (default 5000), max_retries (default 2), timeout_ms
     * (of a whole call, default 30000), max_response_age_s (any), ca_certificate or ca_certificate_path (PEM, trusted
     * in addition to the system's), proxy (URL; the environment is not read), shared (default true: connections
     * outlive the client), logger (PSR-3: one record for each call), library (path of libantom, not read where
     * ffi.preload has loaded it). null is as good as absent.
     *
     * @param array{client_id?: ?string, private_key?: ?string, private_key_path?: ?string,
     *     signer?: ?callable(string): string, signer_public_key?: ?string, private_key_passphrase?: ?string,
     *     antom_public_key?: ?string, antom_public_key_path?: ?string,
     *     antom_public_keys?: ?array<array-key, string>, endpoint?: ?string, region?: ?string, product?: ?string,
     *     key_version?: ?string, agent_token?: ?string, connect_timeout_ms?: ?int, timeout_ms?: ?int,
     *     max_retries?: ?int, max_response_age_s?: ?int, ca_certificate?: ?string, ca_certificate_path?: ?string,
     *     proxy?: ?string, shared?: ?bool, logger?: ?object, library?: ?string} $settings
     * @throws Exception\InvalidArgumentException for an unknown setting, or a value of the wrong type
     * @throws Exception\ConfigException if the client cannot be built, or libantom cannot be loaded
     */
    public static function create(
        #[\SensitiveParameter]
        array $settings
    ): self {
        $settings = new Settings($settings);
        $native = Native::instance($settings->library());
        $options = $native->invoke('antom_options_new');
        try {
            foreach ($settings->setters() as [$name, $function, $arguments]) {
                if ($native->invoke($function, [$options, ...$arguments]) !== 0) {
                    throw Check::error(
                        "setting \"$name\": libantom does not take this value; the README of the package has them all"
                    );
                }
            }
            $handle = $native->produce('antom_client_new', 'antom_client', [$options]);
            return new self($native, $handle, $settings->limits(), $settings->callLog(), $settings->signer());
        } finally {
            $native->invoke('antom_options_free', [$options]);
        }
    }

    /**
     * A client that shares everything with this one, its connections too, but has other limits for each call.
     *
     * @param array{timeout_ms?: ?int, max_retries?: ?int} $options what is left out stays as it is
     * @throws AntomException
     */
    public function withOptions(array $options): self
    {
        Check::names('option', $options, $this->limits);
        $limits = $this->limits;
        foreach (['timeout_ms' => 'milliseconds', 'max_retries' => 'retries'] as $name => $unit) {
            if (isset($options[$name])) {
                $limits[$name] = Check::whole("option \"$name\"", $options[$name], $unit);
            }
        }
        $arguments = [$this->handle(), $limits['timeout_ms'], $limits['max_retries']];
        $handle = $this->native->produce('antom_client_with_limits', 'antom_client', $arguments);
        return new self($this->native, $handle, $limits, $this->log, $this->signer);
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
        if ($this->signer !== null) {
            $request = self::withRequestId($request);
        }
        $members = CreateVaultingSession::members($request);
        [$struct, $memory] = $this->native->request(CreateVaultingSession::REQUEST, $members);
        return $this->ask(
            'createVaultingSession',
            CreateVaultingSession::FUNCTION_NAME,
            CreateVaultingSession::RESPONSE,
            [$struct],
            \Closure::fromCallable([CreateVaultingSession::class, 'response']),
            $memory
        );
    }

    /**
     * Asks what became of a vaulting. That it returns says only that Antom answered: see {@see Vaulting::outcome()}.
     *
     * merchantAccountId is for the product "ams" only. See https://docs.antom.com/ac/ams/inquire_vaulting
     *
     * @param array{vaultingRequestId?: ?string, merchantAccountId?: ?string} $request
     * @throws AntomException
     */
    public function inquireVaulting(array $request): Vaulting
    {
        $arguments = ['vaultingRequestId' => null, 'merchantAccountId' => null];
        Check::names('field', $request, $arguments);
        foreach ($request as $field => $value) {
            $arguments[$field] = $value === null ? null : Check::text("field \"$field\"", $value);
        }
        return $this->askVaulting('inquireVaulting', 'antom_client_inquire_vaulting', array_values($arguments));
    }

    /**
     * After an {@see Exception\OutcomeUnknownException}: what really happened.
     *
     * An inquiry that also has an answer for a request that never arrived: {@see Vaulting::NEVER_ARRIVED}.
     *
     * @throws AntomException
     */
    public function recover(string $vaultingRequestId): Vaulting
    {
        $arguments = [Check::text('vaultingRequestId', $vaultingRequestId)];
        return $this->askVaulting('recover', 'antom_client_recover', $arguments);
    }

    /**
     * Vaults a card whose number your server holds.
     *
     * It, its logs and its backups come under PCI DSS, which a session avoids; never store the security code. The
     * members are those of https://docs.antom.com/ac/ams/vault_method. It is never sent twice: after an
     * {@see Exception\OutcomeUnknownException} see recover().
     *
     * @param array<string, mixed> $request
     * @throws AntomException
     */
    public function vaultPaymentMethod(
        #[\SensitiveParameter]
        array $request
    ): Vaulting {
        if ($this->signer !== null) {
            $request = self::withRequestId($request);
        }
        $json = Check::json('the request', $request);
        $arguments = [$json, strlen($json)];
        return $this->askVaulting('vaultPaymentMethod', 'antom_client_vault_payment_method', $arguments);
    }

    /**
     * Calls any other API: signed, retried, verified and judged like every call.
     *
     * @param string $path the live path, for example "/ams/api/v1/vaults/fetchNonce", also in test mode
     * @param array<string, mixed> $request an empty array inside it becomes a list; new \stdClass() is an empty object
     * @param bool $repeatable whether the same request twice acts only once, so that it may be tried again once it
     *     was sent
     * @throws AntomException
     */
    public function call(
        string $path,
        #[\SensitiveParameter]
        array $request,
        bool $repeatable = false
    ): Answer {
        $json = Check::json('the request', $request);
        $arguments = [Check::text('path', $path), $json, strlen($json), $repeatable ? 1 : 0];
        $read = static function (Native $native, CData $answer): Answer {
            $time = $native->functions()->antom_answer_response_time($answer);
            return new Answer($native->text('antom_answer_json', $answer), $time);
        };
        return $this->ask($path, 'antom_client_call', 'antom_answer', $arguments, $read);
    }

    /**
     * Verifies a notification that Antom posted, and reads it.
     *
     * @param string $method of the request, as $_SERVER['REQUEST_METHOD'] has it
     * @param string $path with its query, as in the URL that Antom was given: usually $_SERVER['REQUEST_URI']
     * @param array<array-key, mixed> $headers all of them: $_SERVER, getallheaders(), or getHeaders() of PSR-7
     * @param string $body as it came, byte for byte: file_get_contents('php://input')
     * @param int $toleranceSeconds refuses one whose time is further from now; 0 is no limit, because Antom repeats
     *     for up to 24 hours
     * @throws Exception\UntrustedNotificationException do not act on it: answer with HTTP 400
     * @throws AntomException
     */
    public function verifyNotification(
        string $method,
        string $path,
        #[\SensitiveParameter]
        array $headers,
        #[\SensitiveParameter]
        string $body,
        int $toleranceSeconds = 0
    ): Vaulting {
        $pairs = Headers::pairs($headers);
        [$block, $memory] = $this->native->headers($pairs);
        $arguments = [
            $this->handle(),
            Headers::text('method', $method),
            Headers::text('path', $path),
            $block,
            count($pairs),
            $body,
            strlen($body),
            Check::whole('toleranceSeconds', $toleranceSeconds, 'seconds'),
        ];
        $read = \Closure::fromCallable([VaultingReader::class, 'notification']);
        return $this->native->read(
            'antom_client_verify_notification',
            VaultingReader::TYPE,
            $arguments,
            $read,
            $memory
        );
    }

    /** The body that acknowledges a notification, for HTTP 200 and Content-Type application/json. */
    public function acknowledgement(): string
    {
        return $this->native->invoke('antom_acknowledgement');
    }

    /**
     * Finds out why the signature of a message does not verify.
     *
     * @param bool $fromMerchant false: it is Antom's, an answer or a notification; true: it is a request of your own
     * @param string $path signed as it is given: for a test client id it already begins with /ams/sandbox/api
     * @param string $clientId as the message has it
     * @param string $time the text of its response-time or request-time header
     * @param string $body the bytes that were sent or received
     * @param string $signature the value of the signature header
     * @throws AntomException
     */
    public function diagnose(
        bool $fromMerchant,
        string $method,
        string $path,
        string $clientId,
        string $time,
        #[\SensitiveParameter]
        string $body,
        #[\SensitiveParameter]
        string $signature
    ): Diagnosis {
        $arguments = [
            $this->handle(),
            $fromMerchant ? 1 : 0,
            Check::text('method', $method),
            Check::text('path', $path),
            Check::text('clientId', $clientId),
            Check::text('time', $time),
            $body,
            strlen($body),
            Check::text('signature', $signature),
        ];
        $read = static function (Native $native, CData $diagnosis): Diagnosis {
            $libantom = $native->functions();
            return new Diagnosis(
                $libantom->antom_diagnosis_cause($diagnosis),
                $libantom->antom_diagnosis_what($diagnosis),
                $libantom->antom_diagnosis_fix($diagnosis),
                $native->text('antom_diagnosis_string_to_sign', $diagnosis)
            );
        };
        return $this->native->read('antom_client_diagnose', 'antom_diagnosis', $arguments, $read);
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
            Check::text('method', $method),
            Check::text('path', $path),
            Check::text('time', $time),
            $this->signer === null ? $body : Check::text('body, which a signer gets as text', $body),
            strlen($body),
        ];
        $header = static function (Native $native, CData $signature): string {
            return $native->functions()->antom_signature_header($signature);
        };
        return $this->read('antom_client_sign', 'antom_signature', $arguments, $header);
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
        $this->native->call('antom_client_verify', [
            $this->handle(),
            Check::text('method', $method),
            Check::text('path', $path),
            Check::text('time', $time),
            $body,
            strlen($body),
            Check::text('signature', $signature),
        ]);
    }

    /**
     * Closes this client and all that share its connections: later calls on any of them throw {@see ClosedException}.
     *
     * A web page has no reason to: the next one would have to connect again.
     */
    public function close(): void
    {
        if ($this->handle !== null) {
            $this->native->invoke('antom_client_close', [$this->handle]);
        }
    }

    public function __destruct()
    {
        $handle = $this->handle;
        if ($handle !== null) {
            $this->handle = null;
            $this->native->invoke('antom_client_free', [$handle]);
        }
    }

    /** @return array{library: string} */
    public function __debugInfo(): array
    {
        return ['library' => $this->native->description()];
    }

    private function __clone()
    {
    }

    /** The antom_client in C, unless it was freed. */
    private function handle(): CData
    {
        if ($this->handle === null) {
            throw new ClosedException('the client was destroyed', ['advice' => 'Create a new client.']);
        }
        return $this->handle;
    }

    /**
     * @param list<mixed> $arguments
     * @throws AntomException
     */
    private function askVaulting(
        string $api,
        string $function,
        #[\SensitiveParameter]
        array $arguments
    ): Vaulting {
        $read = \Closure::fromCallable([VaultingReader::class, 'answer']);
        return $this->ask($api, $function, VaultingReader::TYPE, $arguments, $read);
    }

    /**
     * Calls the API and tells the log.
     *
     * @template T of VaultingSession|Vaulting|Answer
     * @param string $api its name in the log
     * @param list<mixed> $arguments after the client
     * @param \Closure(Native, CData): T $read
     * @param list<CData> $memory what the arguments point to
     * @return T
     * @throws AntomException
     */
    private function ask(
        string $api,
        string $function,
        string $type,
        #[\SensitiveParameter]
        array $arguments,
        \Closure $read,
        #[\SensitiveParameter]
        array $memory = []
    ) {
        if ($this->log === null) {
            return $this->read($function, $type, $arguments, $read, $memory);
        }
        $begin = hrtime(true);
        try {
            $result = $this->read($function, $type, $arguments, $read, $memory);
        } catch (AntomException $exception) {
            $this->log->failed($api, $exception, $begin);
            throw $exception;
        }
        $this->log->succeeded($api, $result instanceof Answer ? null : $result->requestId(), $begin);
        return $result;
    }

    /**
     * Calls a function of libantom, twice if it asks for a signature.
     *
     * @template T
     * @param list<mixed> $arguments after the client
     * @param \Closure(Native, CData): T $read
     * @param list<CData> $memory what the arguments point to
     * @return T
     * @throws AntomException
     */
    private function read(
        string $function,
        string $type,
        #[\SensitiveParameter]
        array $arguments,
        \Closure $read,
        #[\SensitiveParameter]
        array $memory = []
    ) {
        try {
            return $this->native->read($function, $type, [$this->handle(), ...$arguments], $read, $memory);
        } catch (AwaitsSignature $call) {
            $signed = $this->withSignature($call);
            return $this->native->read($function, $type, [$signed->handle(), ...$arguments], $read, $memory);
        }
    }

    /** A client for the one call that waits. */
    private function withSignature(AwaitsSignature $call): self
    {
        $stringToSign = $call->stringToSign->reveal();
        try {
            $signature = ($this->signer)($stringToSign);
        } catch (\Throwable $failure) {
            throw self::notSigned($call, 'the signer threw ' . get_class($failure), $failure);
        }
        if (!is_string($signature) || $signature === '') {
            throw self::notSigned($call, 'the signer returned ' . ($signature === '' ? 'nothing' : gettype($signature))
                . ', and not a string of bytes');
        }
        if (preg_match('~^[A-Za-z0-9+/\s]+=*\s*$~D', $signature) === 1) {
            throw self::notSigned($call, 'the signer returned text, probably base64, and not the bytes of a signature');
        }
        $arguments = [$this->handle(), $stringToSign, $signature, strlen($signature)];
        $handle = $this->native->produce('antom_client_with_signature', 'antom_client', $arguments);
        return new self($this->native, $handle, $this->limits, null, null);
    }

    private static function notSigned(
        AwaitsSignature $call,
        string $problem,
        ?\Throwable $failure = null
    ): SigningException {
        $details = ['advice' => 'Check the signer; nothing was sent.', 'request_id' => $call->requestId()];
        return new SigningException("the request was not sent: $problem", $details, $failure);
    }

    /**
     * With a signer, libantom is asked twice about one request: it must not make an id of its own each time.
     *
     * @param array<array-key, mixed> $request
     * @return array<array-key, mixed>
     */
    private static function withRequestId(
        #[\SensitiveParameter]
        array $request
    ): array {
        $request['vaultingRequestId'] = $request['vaultingRequestId'] ?? bin2hex(random_bytes(16));
        return $request;
    }
}
