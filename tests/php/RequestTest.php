<?php

declare(strict_types=1);

namespace Antom\Tests;

use Antom\Client;
use Antom\Exception\ClosedException;
use Antom\Exception\InvalidArgumentException;
use Antom\Exception\InvalidRequestException;
use Antom\Exception\NotSentException;
use Antom\Internal\Api\CreateVaultingSession;
use PHPUnit\Framework\TestCase;

/**
 * What createVaultingSession takes from PHP, and what it refuses before libantom sees it.
 */
final class RequestTest extends TestCase
{
    /** @return iterable<string, array{array<array-key, mixed>, string}> */
    public static function refused(): iterable
    {
        yield 'a typing error' => [['redirectURL' => 'x'], 'unknown field "redirectURL": did you mean "redirectUrl"?'];
        yield 'snake case' => [
            ['vaulting_request_id' => 'x'],
            'unknown field "vaulting_request_id": did you mean "vaultingRequestId"?',
        ];
        yield 'another spelling' => [['is3dsAuthentication' => true], 'did you mean "is3DSAuthentication"?'];
        yield 'nothing like it' => [['zzz' => 'x'], 'unknown field "zzz": expected one of paymentMethodType, '];
        yield 'a list' => [['CARD'], 'unknown field "0": expected one of '];
        yield 'an integer' => [['vaultingRequestId' => 7], 'field "vaultingRequestId": expected a string, got integer'];
        yield 'text for a flag' => [
            ['is3DSAuthentication' => 'true'],
            'field "is3DSAuthentication": expected true or false, got string',
        ];
        yield 'an object as metadata' => [
            ['passThroughMetadata' => new \stdClass()],
            'field "passThroughMetadata": expected a string, or an array of strings, got object',
        ];
        yield 'a list as metadata' => [['passThroughMetadata' => ['a', 'b']], 'got a list'];
        yield 'a number in the metadata' => [
            ['passThroughMetadata' => ['shop' => 7]],
            'field "passThroughMetadata": the value "shop": expected a string, got integer',
        ];
        yield 'Latin-1 in the metadata' => [['passThroughMetadata' => ['shop' => "\xe9"]], 'value "shop" is not UTF-8'];
        yield 'a Latin-1 name in the metadata' => [
            ['passThroughMetadata' => ["\xe9" => 'x']],
            'a name: it is not UTF-8',
        ];
        foreach (['vaultingRequestId', 'redirectUrl', 'passThroughMetadata'] as $field) {
            yield "NUL in $field" => [[$field => "a\0b"], "field \"$field\": it holds a NUL byte"];
            yield "Latin-1 in $field" => [[$field => "caf\xe9"], "field \"$field\": it is not UTF-8"];
        }
    }

    /**
     * @dataProvider refused
     * @param array<array-key, mixed> $request
     */
    public function testRefused(array $request, string $message): void
    {
        $client = Client::create(Gateway::offlineSettings());
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage($message);
        $client->createVaultingSession($request + ['paymentMethodType' => 'CARD']);
    }

    public function testEveryViolationIsListed(): void
    {
        $client = Client::create(Gateway::offlineSettings());
        try {
            $client->createVaultingSession([
                'vaultingRequestId' => str_repeat('é', 65),
                'redirectUrl' => '/return',
                'passThroughMetadata' => ['long' => str_repeat('x', 1024 * 1024)],
                'is3DSAuthentication' => false,
            ]);
            self::fail('this was accepted');
        } catch (InvalidRequestException $exception) {
            $fields = [
                'paymentMethodType',
                'vaultingRequestId',
                'redirectUrl',
                'passThroughMetadata',
                'is3DSAuthentication',
            ];
            self::assertSame($fields, array_column($exception->violations(), 'field'));
            self::assertSame('is required', $exception->violations()[0]['problem']);
            self::assertStringContainsString('65 characters', $exception->violations()[1]['problem']);
            self::assertSame(0, $exception->attempts());
            self::assertNull($exception->httpStatus());
        }
    }

    public function testNullIsAbsent(): void
    {
        $this->expectException(NotSentException::class);
        Client::create(Gateway::offlineSettings())->createVaultingSession(
            ['paymentMethodType' => 'CARD', 'redirectUrl' => null, 'is3DSAuthentication' => null]
        );
    }

    /** @return iterable<string, array{mixed, string}> */
    public static function metadata(): iterable
    {
        yield 'text stays as it is' => ['{"b": 1}', '{"b": 1}'];
        yield 'names in order' => [['b' => '1', 'B' => '2', 'a' => '3'], '{"B":"2","a":"3","b":"1"}'];
        yield 'nothing' => [[], '{}'];
        yield 'names that are numbers' => [['10' => 'x', '9' => 'y'], '{"10":"x","9":"y"}'];
        yield 'characters' => [
            ['客户' => "Zoë \"/\\\n\u{1f}\u{2028}"],
            '{"客户":"Zoë \"/\\\\\n\u001f' . "\u{2028}" . '"}',
        ];
    }

    /**
     * @dataProvider metadata
     * @param mixed $given
     */
    public function testMetadata($given, string $text): void
    {
        $members = CreateVaultingSession::members(['passThroughMetadata' => $given]);
        self::assertSame(['pass_through_metadata' => $text], $members);
    }

    public function testEveryMemberOfTheStructHasAField(): void
    {
        preg_match('/struct antom_create_vaulting_session_request \{(.*?)\}/s', Repository::header(), $struct);
        preg_match_all('/(\w+);/', $struct[1], $found);
        $fields = (new \ReflectionClassConstant(CreateVaultingSession::class, 'FIELDS'))->getValue();
        self::assertSame($found[1], array_merge(['struct_size'], array_column($fields, 1)));
    }

    public function testTheCallersArraysStayAsTheyAre(): void
    {
        $metadata = ['b' => '1', 'a' => '2'];
        CreateVaultingSession::members(['passThroughMetadata' => $metadata]);
        self::assertSame(['b', 'a'], array_keys($metadata));
    }

    public function testAClosedClientSaysSo(): void
    {
        $client = Client::create(Gateway::offlineSettings());
        $client->close();
        $client->close();
        $this->expectException(ClosedException::class);
        $client->createVaultingSession(['paymentMethodType' => 'CARD']);
    }

    public function testADestroyedClientSaysSo(): void
    {
        $client = Client::create(Gateway::offlineSettings());
        $client->__destruct();
        $client->close();
        $this->expectException(ClosedException::class);
        $client->sign('POST', '/x', '1', '');
    }

    public function testArgumentsOfSignAndVerifyAreChecked(): void
    {
        $client = Client::create(Gateway::offlineSettings());
        $calls = [
            'method' => ["P\0", '/x', '1', ''],
            'path' => ['POST', "/\xff", '1', ''],
            'time' => ['POST', '/x', "1\0", ''],
        ];
        foreach ($calls as $name => $arguments) {
            foreach ([$arguments, array_merge($arguments, ['x'])] as $all) {
                try {
                    count($all) === 4 ? $client->sign(...$all) : $client->verify(...$all);
                    self::fail("$name is accepted");
                } catch (InvalidArgumentException $exception) {
                    self::assertStringStartsWith("$name: it ", $exception->getMessage());
                }
            }
        }
    }
}
