<?php

declare(strict_types=1);

namespace Antom\Tests;

use PhpParser\Error;
use PhpParser\Lexer\Emulative;
use PhpParser\Node;
use PhpParser\NodeTraverser;
use PhpParser\NodeVisitorAbstract;
use PhpParser\Parser\Php7;
use PHPUnit\Framework\TestCase;

/**
 * The package and the examples keep to the syntax and the functions of PHP 7.4, whatever PHP runs this test.
 */
final class SyntaxTest extends TestCase
{
    /** Where Debian puts nikic/php-parser, which PHPUnit itself needs. */
    private const PARSER = 'PhpParser/autoload.php';

    /** @return iterable<string, array{string}> */
    public static function files(): iterable
    {
        $files = array_merge(Repository::phpFiles('php'), Repository::phpFiles('examples/php'));
        foreach (array_merge($files, ['php/bin/antom-preload']) as $file) {
            yield $file => [$file];
        }
    }

    /** @dataProvider files */
    public function testPhp74(string $file): void
    {
        self::assertSame([], self::problems(Repository::text($file)));
    }

    /** @return iterable<string, array{string}> */
    public static function newer(): iterable
    {
        $codes = [
            'promoted parameter' => 'class A { function __construct(private int $a) {} }',
            'union type' => 'function f(int|string $a) {}',
            'mixed' => 'function f(mixed $a) {}',
            'static as a type' => 'class A { function f(): static {} }',
            'never' => 'function f(): never {}',
            'named argument' => 'f(a: 1);',
            'match' => '$a = match (1) { 1 => 2 };',
            'nullsafe' => '$a?->b();',
            'throw in an expression' => '$a = $b ?? throw new E();',
            'catch without a variable' => 'try {} catch (E) {}',
            'comma after the last parameter' => 'function f(int $a,) {}',
            'class of an object' => '$a = $b::class;',
            'first class callable' => '$a = strlen(...);',
            'readonly' => 'class A { public readonly int $a; }',
            'enum' => 'enum A { case B; }',
            'new in an initialiser' => 'function f($a = new A()) {}',
            'attribute before code on its line' => 'function f(#[A] $a) {}',
            'function of PHP 8' => 'str_contains("a", "b");',
            'final constant' => 'class A { final public const B = 1; }',
            'implicitly nullable, deprecated in 8.4' => 'function f(int $a = null) {}',
        ];
        foreach ($codes as $name => $code) {
            yield $name => [$code];
        }
    }

    /** @dataProvider newer */
    public function testWhatIsNewerIsFound(string $code): void
    {
        self::assertNotSame([], self::problems("<?php\n$code\n"));
    }

    /** @return list<string> */
    private static function problems(string $code): array
    {
        if (!class_exists(Php7::class)) {
            $parser = stream_resolve_include_path(self::PARSER);
            if ($parser === false) {
                self::markTestSkipped('nikic/php-parser is not installed (Debian: php-parser)');
            }
            require_once $parser;
        }
        // An attribute alone on its line is a comment to PHP 7.4.
        $code = preg_replace('/^ *#\[[\w\\\\]+\]$/m', '', $code);
        $lexer = new Emulative([
            'phpVersion' => '7.4',
            'usedAttributes' => ['startLine', 'endLine', 'startTokenPos', 'endTokenPos'],
        ]);
        try {
            $nodes = (new Php7($lexer))->parse($code);
        } catch (Error $error) {
            return [$error->getMessage()];
        }
        $visitor = self::visitor($lexer->getTokens());
        $traverser = new NodeTraverser();
        $traverser->addVisitor($visitor);
        $traverser->traverse($nodes);
        return $visitor->problems;
    }

    /** @param list<mixed> $tokens */
    private static function visitor(array $tokens): NodeVisitorAbstract
    {
        return new class ($tokens) extends NodeVisitorAbstract {
            private const NEW_FUNCTIONS = [
                'str_contains', 'str_starts_with', 'str_ends_with', 'get_debug_type', 'get_resource_id', 'fdiv',
                'array_is_list', 'preg_last_error_msg', 'array_find', 'array_find_key', 'array_any', 'array_all',
                'array_first', 'array_last', 'json_validate', 'mb_str_pad', 'str_increment', 'fsync', 'enum_exists',
                'ini_parse_quantity',
            ];
            private const NEW_CLASSES = ['WeakMap', 'Stringable', 'ValueError', 'PhpToken', 'Fiber'];
            private const NEW_TYPES = ['mixed', 'static', 'never', 'false', 'null', 'true'];

            /** @var list<string> */
            public array $problems = [];
            /** @var list<mixed> */
            private array $tokens;

            public function __construct(array $tokens)
            {
                $this->tokens = $tokens;
            }

            public function enterNode(Node $node)
            {
                $problem = $this->problem($node);
                if ($problem !== null) {
                    $this->problems[] = "line {$node->getStartLine()}: $problem";
                }
                return null;
            }

            private function problem(Node $node): ?string
            {
                if ($node instanceof Node\Param) {
                    return $this->parameterProblem($node);
                }
                if ($node instanceof Node\UnionType || $node instanceof Node\IntersectionType) {
                    return 'union or intersection type';
                }
                if ($node instanceof Node\AttributeGroup) {
                    return 'attribute';
                }
                if ($node instanceof Node\Arg && $node->name !== null) {
                    return 'named argument';
                }
                if ($node instanceof Node\VariadicPlaceholder) {
                    return 'first class callable';
                }
                if ($node instanceof Node\Expr\Match_ || $node instanceof Node\Stmt\Enum_) {
                    return 'match or enum';
                }
                if ($node instanceof Node\Expr\NullsafeMethodCall || $node instanceof Node\Expr\NullsafePropertyFetch) {
                    return 'nullsafe operator';
                }
                if ($node instanceof Node\Expr\Throw_) {
                    return 'throw in an expression';
                }
                if ($node instanceof Node\Stmt\Catch_ && $node->var === null) {
                    return 'catch without a variable';
                }
                if ($node instanceof Node\Expr\ClassConstFetch && !$node->class instanceof Node\Name
                    && $node->name instanceof Node\Identifier && $node->name->toLowerString() === 'class') {
                    return 'class of an object';
                }
                if ($node instanceof Node\Stmt\Property && ($node->flags & Node\Stmt\Class_::MODIFIER_READONLY)) {
                    return 'readonly property';
                }
                if ($node instanceof Node\Stmt\ClassConst && ($node->flags & Node\Stmt\Class_::MODIFIER_FINAL)) {
                    return 'final constant';
                }
                if ($node instanceof Node\Expr\FuncCall && $node->name instanceof Node\Name
                    && in_array($node->name->toLowerString(), self::NEW_FUNCTIONS, true)) {
                    return 'function ' . $node->name->toString();
                }
                if ($node instanceof Node\Name && in_array($node->toString(), self::NEW_CLASSES, true)) {
                    return 'class ' . $node->toString();
                }
                if ($node instanceof Node\FunctionLike) {
                    return $this->functionProblem($node);
                }
                return null;
            }

            private function parameterProblem(Node\Param $parameter): ?string
            {
                if ($parameter->flags !== 0) {
                    return 'promoted parameter';
                }
                if ($parameter->default instanceof Node\Expr\New_) {
                    return 'new in an initialiser';
                }
                if ($parameter->default instanceof Node\Expr\ConstFetch
                    && $parameter->default->name->toLowerString() === 'null'
                    && $parameter->type !== null && !$parameter->type instanceof Node\NullableType) {
                    return 'implicitly nullable parameter';
                }
                return $this->typeProblem($parameter->type);
            }

            private function functionProblem(Node\FunctionLike $function): ?string
            {
                $parameters = $function->getParams();
                if ($parameters !== []) {
                    $next = end($parameters)->getEndTokenPos() + 1;
                    while (in_array($this->tokens[$next][0], [T_WHITESPACE, T_COMMENT], true)) {
                        $next++;
                    }
                    if ($this->tokens[$next] === ',') {
                        return 'comma after the last parameter';
                    }
                }
                return $this->typeProblem($function->getReturnType());
            }

            private function typeProblem(?Node $type): ?string
            {
                if ($type instanceof Node\NullableType) {
                    $type = $type->type;
                }
                $name = $type instanceof Node\Identifier || $type instanceof Node\Name ? $type->toLowerString() : '';
                return in_array($name, self::NEW_TYPES, true) ? "type $name" : null;
            }
        };
    }
}
