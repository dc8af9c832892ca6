import type { Page } from '@ates/kit/graph/page';
import { Refusal } from '@ates/kit/process/refusal';
import type { Role } from '@ates/schema/access';

/** A user as auth knows them, without their secret. */
export interface User {
  readonly id: string;
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly active: boolean;
  readonly version: number;
  readonly createdAt: Date;
}

/** The filter of a list of users; null means any. */
export interface UserFilter {
  readonly role: Role | null;
  /** A part of the name or the login. */
  readonly search: string | null;
}

/** A page of a list of users, with its filter, because the total is counted only where a client asks for it. */
export interface UserList extends Page<User> {
  readonly filter: UserFilter;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: this pattern looks for them
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const refuse = (message: string) => new Refusal('BAD_USER_INPUT', message);

/** Returns a login in its only spelling, lower case. It has 2 to 64 letters, digits, or `. _ -`. */
export function parseLogin(text: string): string {
  const login = text.trim().toLowerCase();
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{1,63}$/u.test(login)) {
    throw refuse(
      'A login has 2 to 64 letters, digits, dots, dashes or underscores, and begins with a letter or digit.',
    );
  }
  return login;
}

/** Returns a person's name: 1 to 200 characters. */
export function parseName(text: string): string {
  const name = text.trim();
  if (name === '') throw refuse('The name is empty. Give the name the others will see.');
  if (name.length > 200) throw refuse('The name is longer than 200 characters. Give a shorter one.');
  if (controlCharacters.test(name))
    throw refuse('The name contains control characters, such as a line break. Leave them out.');
  return name;
}

/** Returns an e-mail address, checked by its form only. */
export function parseEmail(text: string): string {
  const email = text.trim();
  if (
    email.length > 254 ||
    !/^[^\s@<>,;"\\]+@[^\s@<>,;"\\]+\.[^\s@<>,;"\\.]+$/.test(email) ||
    controlCharacters.test(email)
  ) {
    throw refuse('This is not an e-mail address like polly@example.com.');
  }
  return email;
}

/** The fewest characters that make a beak shape a secret. */
export const minBeakShapeLength = 8;

/** Returns a beak shape in its only spelling: without spaces at the ends, and in one Unicode form. */
export function parseBeakShape(text: string): string {
  const shape = normaliseBeakShape(text);
  if ([...shape].length < minBeakShapeLength) {
    throw refuse(
      `This beak shape is too short to be a secret. Describe it in at least ${minBeakShapeLength} characters.`,
    );
  }
  if (shape.length > 1_000)
    throw refuse('This beak shape is longer than 1,000 characters. Describe it more briefly.');
  return shape;
}

/** Returns the spelling in which beak shapes are compared. */
export const normaliseBeakShape = (text: string): string => text.normalize('NFKC').trim();

/** Refuses a change that would leave the company without an active admin (rule 2). */
export function refuseToLoseLastAdmin(user: User, otherActiveAdmins: number, stays: boolean): void {
  if (user.role === 'ADMIN' && user.active && !stays && otherActiveAdmins === 0) {
    throw new Refusal('CONFLICT', 'This is the last active admin. Make another user an admin first.');
  }
}
