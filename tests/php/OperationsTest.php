<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\AntomException;
use Antom\Exception\ApiException;
use Antom\Exception\ClosedException;
use Antom\Exception\InvalidArgumentException;
use Antom\Exception\InvalidRequestException;
use Antom\Exception\OutcomeUnknownException;
use Antom\Exception\ProtocolException;
use Antom\Exception\UntrustedResponseException;
use Antom\Vaulting;
use Antom\VaultingSession;
use PHPUnit\Framework\TestCase;

/**
 * What stands beside createVaultingSession: inquiries, recovery, cards, calls of other APIs, limits and the log.
 */
final class OperationsTest extends TestCase
{
    private const OTHER_API = '/ams/api/v1/vaults/fetchNonce';
    private const CARD = ['cardNo' => '4054695723100768', 'cvv' => '987'];

    // ---- inquiries -----------------------------------------------------------------------------------------------

    public function testAVaultingThatSucceededHasItsCard(): void
    {
        $vaulting = self::inquire('inquiry_succeeded');
        self::assertTrue($vaulting->isSucceeded());
        self::assertFalse($vaulting->isFailed());
        self::assertSame(Vaulting::SUCCEEDED, $vaulting->outcome());
        self::assertSame('inquiry_succeeded', $vaulting->requestId());
        self::assertSame('SUCCESS', $vaulting->code());
        self::assertNull($vaulting->message());
        self::assertSame('TOKEN+/==', $vaulting->cardToken());
        self::assertSame('VISA', $vaulting->cardBrand());
        self::assertSame('0768', $vaulting->cardLastFour());
        self::assertSame('02', $vaulting->cardExpiryMonth());
        self::assertSame('29', $vaulting->cardExpiryYear());
        self::assertNull($vaulting->nextUrl());
        self::assertLessThan(60, abs($vaulting->responseTime()->getTimestamp() - time()));
        self::assertLessThan(60, abs($vaulting->clockSkew()));
        self::assertSame('mine', json_decode($vaulting->raw(), true)['metadata']);
        self::assertNull($vaulting->notificationKey());
    }

    public function testAVaultingThatFailedSaysWhy(): void
    {
        $vaulting = self::inquire('inquiry_failed');
        self::assertTrue($vaulting->isFailed());
        self::assertFalse($vaulting->isSucceeded());
        self::assertSame(['CARD_EXPIRED', 'It expired.'], [$vaulting->code(), $vaulting->message()]);
        self::assertNull($vaulting->cardToken());
        self::assertNull($vaulting->cardLastFour());
    }

    public function testAVaultingInProcessSaysWhereTheBuyerGoes(): void
    {
        $vaulting = self::inquire('inquiry_processing');
        self::assertSame(Vaulting::PROCESSING, $vaulting->outcome());
        self::assertFalse($vaulting->isFailed() || $vaulting->isSucceeded());
        self::assertSame('https://bank.example/3ds', $vaulting->nextUrl());
    }

    public function testANewStatusIsKeptAsText(): void
    {
        $vaulting = self::inquire('inquiry_of_a_new_status');
        self::assertSame([Vaulting::UNRECOGNISED, 'PAUSED'], [$vaulting->outcome(), $vaulting->code()]);
        self::assertFalse($vaulting->isFailed() || $vaulting->isSucceeded());
    }

    public function testASessionOfATestHasTimesLikeAntoms(): void
    {
        $session = new VaultingSession('1', '2', '3', '2026-08-17T13:00:00+08:00', null, '{}');
        self::assertSame('2026-08-17T13:00:00+08:00', $session->expiresAt()->format(DATE_ATOM));
        foreach (['', 'tomorrow', '2026-08-17'] as $time) {
            try {
                (new VaultingSession('1', '2', '3', $time, null, '{}'))->expiresAt();
                self::fail("$time is a time");
            } catch (InvalidArgumentException $exception) {
                self::assertStringStartsWith('expiresAt: expected a time as Antom ', $exception->getMessage());
            }
        }
    }

    public function testTheOutcomesAreThoseOfTheHeader(): void
    {
        preg_match_all('/ANTOM_OUTCOME_(\w+) = (\d+)/', Repository::header(), $found);
        $outcomes = (new \ReflectionClassConstant(\Antom\Internal\Api\VaultingReader::class, 'OUTCOMES'))->getValue();
        self::assertSame(array_combine($found[2], array_map('strtolower', $found[1])), $outcomes);
        self::assertSame(array_change_key_case((new \ReflectionClass(Vaulting::class))->getConstants()),
            array_combine($outcomes, $outcomes));
    }

    public function testAnInquiryIsTriedAgain(): void
    {
        self::assertSame(Vaulting::PROCESSING, self::inquire('inquiry_tried_again')->outcome());
    }

    public function testAnInquiryThatAnswersAnotherQuestionIsRefused(): void
    {
        $this->expectException(ProtocolException::class);
        self::inquire('inquiry_of_another_vaulting');
    }

    public function testAnAccountOfTheOtherProductIsAViolation(): void
    {
        try {
            self::client()->inquireVaulting(['vaultingRequestId' => 'x', 'merchantAccountId' => 'mine']);
            self::fail('this was accepted');
        } catch (InvalidRequestException $exception) {
            self::assertSame(['merchantAccountId'], array_column($exception->violations(), 'field'));
        }
    }

    public function testAnInquiryChecksItsFields(): void
    {
        $refused = [
            'did you mean "vaultingRequestId"?' => ['vaultingRequestID' => 'x'],
            'field "vaultingRequestId": it holds a NUL byte' => ['vaultingRequestId' => "x\0"],
            'vaulting_request_id' => [],
        ];
        foreach ($refused as $message => $request) {
            try {
                self::client()->inquireVaulting($request);
                self::fail("not refused: $message");
            } catch (InvalidArgumentException $exception) {
                self::assertStringContainsString($message, $exception->getMessage());
            }
        }
    }

    // ---- recovery ------------------------------------------------------------------------------------------------

    public function testRecoveryOfAKnownVaulting(): void
    {
        self::assertSame('TOKEN+/==', self::client()->recover('inquiry_succeeded')->cardToken());
    }

    public function testRecoveryOfARequestThatNeverArrived(): void
    {
        $vaulting = self::client()->recover('inquiry_never_arrived');
        self::assertSame(Vaulting::NEVER_ARRIVED, $vaulting->outcome());
        self::assertSame(['inquiry_never_arrived', ''], [$vaulting->requestId(), $vaulting->raw()]);
        self::assertNull($vaulting->responseTime());
    }

    public function testRecoveryDoesNotBelieveAnUnsignedAnswer(): void
    {
        try {
            self::client()->recover('inquiry_never_arrived_unsigned');
            self::fail('this was believed');
        } catch (ApiException $exception) {
            self::assertFalse($exception->isAuthenticated());
        }
    }

    public function testRecoveryMayNotKnowEither(): void
    {
        try {
            self::client(['max_retries' => 2])->recover('inquiry_unavailable');
            self::fail('this is known');
        } catch (OutcomeUnknownException $exception) {
            self::assertSame([3, 503, true], [
                $exception->attempts(), $exception->httpStatus(), $exception->isRetryable(),
            ]);
            self::assertSame('inquiry_unavailable', $exception->requestId());
        }
    }

    // ---- cards ---------------------------------------------------------------------------------------------------

    public function testACardIsVaulted(): void
    {
        $vaulting = self::client()->vaultPaymentMethod(self::card('card_vaulted', self::CARD));
        self::assertSame(['TOKEN+/==', '0768'], [$vaulting->cardToken(), $vaulting->cardLastFour()]);
        $vaulting = self::client()->vaultPaymentMethod(self::card('card_in_process', self::CARD));
        self::assertSame('https://bank.example/3ds', $vaulting->nextUrl());
    }

    public function testACardIsNeverSentTwice(): void
    {
        try {
            self::client(['max_retries' => 2])->vaultPaymentMethod(self::card('card_unavailable', self::CARD));
            self::fail('this was answered');
        } catch (OutcomeUnknownException $exception) {
            self::assertSame(1, $exception->attempts());
        }
    }

    public function testACardThatIsRefusedSaysWhy(): void
    {
        try {
            self::client()->vaultPaymentMethod(self::card('card_refused', self::CARD));
            self::fail('this was accepted');
        } catch (ApiException $exception) {
            self::assertSame('CARD_EXPIRED', $exception->resultCode());
            self::assertTrue($exception->isAuthenticated());
        }
    }

    public function testACardWithMistakesIsNotSentAndNotShown(): void
    {
        $mistakes = [
            InvalidArgumentException::class => ['cardNumber' => '4054695723100768'],
            InvalidRequestException::class => ['cardNo' => '40546957231007684054695723100768x'],
        ];
        foreach ($mistakes as $class => $card) {
            try {
                self::client()->vaultPaymentMethod(self::card('1', $card));
                self::fail('this was accepted');
            } catch (AntomException $exception) {
                self::assertInstanceOf($class, $exception);
                self::assertStringContainsString('paymentMethodDetail.card.', self::shown($exception));
                self::assertStringNotContainsString('405469', self::shown($exception));
            }
        }
    }

    public function testWhatIsNoJsonIsRefusedWithoutItsValue(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('the request: it cannot be written as JSON: Malformed UTF-8');
        self::client()->vaultPaymentMethod(['env' => "\xff4054695723100768"]);
    }

    public function testAListIsNoRequest(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('the request: expected an array with names as its keys, got a list');
        self::client()->call('/ams/api/v1/x', ['CARD']);
    }

    // ---- any other API -------------------------------------------------------------------------------------------

    public function testACallGivesTheVerifiedAnswer(): void
    {
        $answer = self::call('call_succeeded');
        self::assertSame('Zoë', $answer->members()['nonce']);
        self::assertSame('S', json_decode($answer->raw(), true)['result']['resultStatus']);
        self::assertLessThan(60, abs($answer->responseTime()->getTimestamp() - time()));
    }

    public function testACallThatIsRefusedHasTheResult(): void
    {
        try {
            self::call('call_failed');
            self::fail('this was accepted');
        } catch (ApiException $exception) {
            self::assertSame('PARAM_ILLEGAL', $exception->resultCode());
            self::assertNull($exception->requestId());
        }
    }

    public function testACallWithAnUntrustedAnswerFails(): void
    {
        $this->expectException(UntrustedResponseException::class);
        self::call('call_untrusted', true);
    }

    public function testOnlyARepeatableCallIsTriedAgain(): void
    {
        self::assertIsArray(self::call('call_tried_again', true)->members());
        try {
            self::call('call_unavailable');
            self::fail('this was answered');
        } catch (OutcomeUnknownException $exception) {
            self::assertSame(1, $exception->attempts());
        }
    }

    // ---- limits, keys and the age of answers ---------------------------------------------------------------------

    public function testOtherLimitsShareTheConnection(): void
    {
        $client = self::client();
        self::assertSame(self::connection($client), self::connection($client->withOptions(['timeout_ms' => 5000])));
    }

    public function testOtherLimitsCount(): void
    {
        $client = self::client(['max_retries' => 2])->withOptions(['max_retries' => 0]);
        try {
            $client->recover('inquiry_unavailable');
            self::fail('this is known');
        } catch (OutcomeUnknownException $exception) {
            self::assertSame(1, $exception->attempts());
        }
        $begin = microtime(true);
        try {
            // What was set before stays: this is not tried again.
            $client->withOptions(['timeout_ms' => 300])
                ->createVaultingSession(self::session('silence_leaves_the_outcome_unknown'));
            self::fail('this was answered');
        } catch (OutcomeUnknownException $exception) {
            self::assertSame(1, $exception->attempts());
            self::assertLessThan(5, microtime(true) - $begin);
        }
    }

    public function testOtherLimitsOutliveTheirClient(): void
    {
        $client = self::client(['shared' => false]);
        $limited = $client->withOptions([]);
        unset($client);
        self::assertGreaterThan(0, self::connection($limited));
        $limited->withOptions([])->close();
        $this->expectException(ClosedException::class);
        self::connection($limited);
    }

    public function testWrongLimitsAreRefused(): void
    {
        $refused = [
            'unknown option "timeout": did you mean "timeout_ms"?' => ['timeout' => 1],
            'option "timeout_ms": expected a whole number of milliseconds, got string' => ['timeout_ms' => '5'],
            'option "max_retries": expected retries from 0' => ['max_retries' => -1],
            'timeout_ms: it must be 1 to 3600000' => ['timeout_ms' => 0],
        ];
        foreach ($refused as $message => $options) {
            try {
                self::client()->withOptions($options);
                self::fail("not refused: $message");
            } catch (InvalidArgumentException $exception) {
                self::assertStringContainsString($message, $exception->getMessage());
            }
        }
    }

    public function testTheDefaultLimitsAreThoseOfTheHeader(): void
    {
        $limits = (new \ReflectionClassConstant(\Antom\Internal\Settings::class, 'LIMITS'))->getValue();
        foreach ($limits as $name => $default) {
            $pattern = "/Default: (\d+)\. \*\/\s+antom_status antom_options_set_$name\(/";
            self::assertSame(1, preg_match($pattern, Repository::text('include/antom.h'), $found), $name);
            self::assertSame((int) $found[1], $default, $name);
        }
    }

    public function testAnOldAnswerIsRefusedWhereTheSettingsSaySo(): void
    {
        $vaulting = self::inquire('inquiry_of_long_ago');
        self::assertSame('2020-01-01T00:00:00+08:00', $vaulting->responseTime()->format(DATE_ATOM));
        self::assertLessThan(-100000000, $vaulting->clockSkew());
        $this->expectException(UntrustedResponseException::class);
        self::client(['max_response_age_s' => 60])->inquireVaulting(['vaultingRequestId' => 'inquiry_of_long_ago']);
    }

    public function testTheKeyOfAntomIsChosenByTheKeyVersion(): void
    {
        $keys = Repository::json('tests/vectors/signatures.json')['keys'];
        $own = ['antom_public_key_path' => null, 'antom_public_key' => $keys['stranger']['public_spki_der_b64']];
        $right = $keys['gateway']['public_spki_der_b64'];
        $inquire = static function (array $settings) use ($own): Vaulting {
            return self::client($settings + $own)->inquireVaulting(['vaultingRequestId' => 'inquiry_processing']);
        };
        self::assertSame(Vaulting::PROCESSING, $inquire(['antom_public_keys' => ['1' => $right]])->outcome());
        $this->expectException(UntrustedResponseException::class);
        $inquire(['antom_public_keys' => ['2' => $right]]);
    }

    // ---- sharing -------------------------------------------------------------------------------------------------

    public function testClientsShareTheirConnectionUnlessTheSettingsSayOtherwise(): void
    {
        $settings = ['timeout_ms' => 21000];
        $first = self::connection(Client::create(Gateway::settings($settings)));
        self::assertSame($first, self::connection(Client::create(Gateway::settings($settings))));
        self::assertNotSame($first, self::connection(Client::create(Gateway::settings(['timeout_ms' => 22000]))));
        self::assertNotSame($first, self::connection(self::client($settings)));
    }

    public function testAClosedClientIsNotSharedAgain(): void
    {
        $settings = Gateway::settings(['timeout_ms' => 23000]);
        $first = Client::create($settings);
        $connection = self::connection($first);
        $first->close();
        self::assertNotSame($connection, self::connection(Client::create($settings)));
    }

    // ---- the log -------------------------------------------------------------------------------------------------

    public function testASignalThatComesDuringACallIsHandledAfterIt(): void
    {
        $environment = array_intersect_key(getenv(), ['ANTOM_LIBRARY' => 0, 'ANTOM_TEST_GATEWAY' => 0]);
        $program = Program::file('signal.php', [], $environment);
        self::assertSame(
            "RuntimeException: the handler threw\nRuntimeException: the handler threw\n",
            $program->output
        );
        self::assertSame(0, $program->status);
    }

    /** Without holding signals back, half of the children crash with PHP 8.4. */
    public function testAHandlerThatThrowsCrashesNobody(): void
    {
        $children = 120;
        $environment = array_intersect_key(getenv(), ['ANTOM_LIBRARY' => 0]);
        $program = Program::run([__DIR__ . '/programs/signals.php', (string) $children], $environment);
        self::assertSame(0, $program->status, $program->output);
        $ends = json_decode($program->output, true);
        self::assertIsArray($ends, $program->output);
        $crashes = $handled = 0;
        foreach ($ends as $end => $count) {
            $crashes += strpos($end, ': signal') === false ? 0 : $count;
            $handled += strpos($end, ': exit 0') === false ? 0 : $count;
        }
        // PHP 7.4 crashes by itself where a handler throws as a destructor begins, also in one that only assigns a
        // variable: 2 to 8 children. PHP before 8.4 loses a signal now and then while an exception is thrown.
        self::assertLessThanOrEqual((PHP_VERSION_ID < 80000 ? 0.15 : 0.04) * $children, $crashes, $program->output);
        self::assertGreaterThan(0.8 * $children, $handled, $program->output);
    }

    public function testTheLogHasARecordForEachCall(): void
    {
        $logger = self::logger();
        $client = self::client(['logger' => $logger]);
        $client->createVaultingSession(self::session('canary-of-the-log'));
        try {
            $client->withOptions([])->recover('inquiry_unavailable');
        } catch (OutcomeUnknownException $exception) {
            $unknown = $exception;
        }
        $client->call(self::OTHER_API, ['vaultingRequestId' => 'call_succeeded']);

        [$created, $recovered, $called] = $logger->records;
        self::assertSame('info', $created[0]);
        self::assertMatchesRegularExpression('/^antom: createVaultingSession succeeded in [\d.]+ ms$/', $created[1]);
        self::assertSame('canary-of-the-log', $created[2]['request_id']);
        self::assertIsFloat($created[2]['duration_ms']);
        self::assertSame('warning', $recovered[0]);
        self::assertStringContainsString('(OutcomeUnknown): ' . $unknown->getMessage(), $recovered[1]);
        self::assertSame(
            ['recover', 'inquiry_unavailable', 'OutcomeUnknown', null, 503, 1, true],
            array_values(array_diff_key($recovered[2], ['duration_ms' => 0]))
        );
        self::assertSame(self::OTHER_API, $called[2]['api']);
        self::assertNull($called[2]['request_id']);
        self::assertStringNotContainsString('DATA+/', print_r($logger->records, true));
    }

    public function testALoggerThatFailsLosesNoResult(): void
    {
        $logger = self::logger();
        $logger->fails = true;
        $client = self::client(['logger' => $logger]);
        self::assertTrue($client->recover('inquiry_succeeded')->isSucceeded());
        $this->expectException(ProtocolException::class);
        $client->recover('inquiry_of_another_vaulting');
    }

    /** @return object with the method of PSR-3 */
    private static function logger(): object
    {
        return new class {
            public bool $fails = false;
            /** @var list<array{string, string, array<string, mixed>}> */
            public array $records = [];

            /** @param array<string, mixed> $context */
            public function log(string $level, string $message, array $context): void
            {
                if ($this->fails) {
                    throw new \RuntimeException('the disk is full');
                }
                $this->records[] = [$level, $message, $context];
            }
        };
    }

    private static function inquire(string $id): Vaulting
    {
        return self::client(['max_retries' => 2])->inquireVaulting(['vaultingRequestId' => $id]);
    }

    private static function call(string $id, bool $repeatable = false): \Antom\Answer
    {
        return self::client(['max_retries' => 2])->call(self::OTHER_API, ['vaultingRequestId' => $id], $repeatable);
    }

    /**
     * @param array<string, mixed> $card
     * @return array<string, mixed>
     */
    private static function card(string $id, array $card): array
    {
        return [
            'vaultingRequestId' => $id,
            'redirectUrl' => 'https://shop.example/r',
            'vaultingNotificationUrl' => 'https://shop.example/n',
            'paymentMethodDetail' => ['paymentMethodType' => 'CARD', 'card' => $card],
            'env' => ['terminalType' => 'WEB'],
        ];
    }

    /** @return array<string, string> */
    private static function session(string $id): array
    {
        return ['paymentMethodType' => 'CARD', 'vaultingRequestId' => $id];
    }

    /** The number that the gateway gave to the connection of a call. */
    private static function connection(Client $client): int
    {
        return json_decode($client->createVaultingSession(['paymentMethodType' => 'CARD'])->raw(), true)['connection'];
    }

    /**
     * A client of this test's own: clients that share also share how often they may try again.
     *
     * @param array<string, mixed> $settings
     */
    private static function client(array $settings = []): Client
    {
        return Client::create(Gateway::settings($settings + ['shared' => false]));
    }

    private static function shown(AntomException $exception): string
    {
        return $exception->getMessage() . $exception->advice() . json_encode($exception->violations());
    }
}
